/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
/*
 * A fuzz target is this one function.  With fuzz_main.c it replays its corpus
 * in make check; to search for more:
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined ... fuzz_config.c
 *   ./fuzz_config tests/fuzz/corpus/config
 */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#endif
