/* SPDX-License-Identifier: MIT */
#ifndef MODEL_WHERE_H
#define MODEL_WHERE_H

/* Where in the file something stands, from 1; 0: it was not in a file. */
struct lb_where {
	unsigned line, column;
};

#endif
