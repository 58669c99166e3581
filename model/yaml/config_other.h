/* SPDX-License-Identifier: MIT */
#ifndef MODEL_YAML_CONFIG_OTHER_H
#define MODEL_YAML_CONFIG_OTHER_H
#include <stddef.h>

/*
 * lb_config_other - what is given instead of a configuration, and what to do.
 *
 * Azure's JSON is YAML, too, whose every key would be unknown: one sentence
 * says more.  NULL: it is none.  Cost: linear.
 */
const char *lb_config_other(const char *text, size_t bytes);

#endif
