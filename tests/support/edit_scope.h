/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_EDIT_SCOPE_H
#define TESTS_SUPPORT_EDIT_SCOPE_H
#include "model/path/result.h"

/* May an edit change the byte at this offset of the frame?  Only the fields
 * that it names and the checksums over them. */
bool edit_may_change(const struct lb_edit *edit, size_t at);

#endif
