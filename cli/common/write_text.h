/* SPDX-License-Identifier: MIT */
#ifndef CLI_WRITE_TEXT_H
#define CLI_WRITE_TEXT_H
#include <stdbool.h>
#include <stddef.h>

/*
 * cli_write_text - a text as a file: whole or not at all.
 *
 * Written beside it and renamed, so that what was there stays until then; a
 * device or a pipe is written to as it is.  force replaces a file that is
 * there.  CLI_DONE, CLI_USAGE or CLI_REFUSED, said why.
 */
int cli_write_text(const char *command, const char *path, const char *text,
    size_t bytes, bool force);

#endif
