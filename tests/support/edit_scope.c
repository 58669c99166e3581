/* SPDX-License-Identifier: MIT */
#include "tests/support/edit_scope.h"

#include "model/path/packet.h"

bool
edit_may_change(const struct lb_edit *e, size_t at)
{
	const bool four = e->family == 4;
	const size_t address = four ? 4 : 16;
	const size_t src = four ? 12 : 8, dst = four ? 16 : 24;
	const unsigned quoted = LB_EDIT_QUOTED_SRC | LB_EDIT_QUOTED_DST;
	const bool qsrc = (e->what & LB_EDIT_QUOTED_SRC) != 0;
	const size_t checksum = e->proto == LB_PROTO_TCP   ? 16
				: e->proto == LB_PROTO_UDP ? 6
							   : 2;
	const size_t qchecksum = e->quoted_proto == LB_PROTO_TCP ? 16 : 6;
	/* clang-format off */
	const struct { bool is; size_t from, bytes; } fields[] = {
		{ (e->what & LB_EDIT_SRC) != 0, e->l3 + src, address },
		{ (e->what & LB_EDIT_DST) != 0, e->l3 + dst, address },
		{ four, e->l3 + 10u, 2 },
		{ e->fragment != LB_FRAGMENT_LATER, e->l4 + checksum, 2 },
		{ (e->what & LB_EDIT_SPORT) != 0, e->l4, 2 },
		{ (e->what & LB_EDIT_DPORT) != 0, e->l4 + 2u, 2 },
		{ (e->what & LB_EDIT_ECHO) != 0, e->l4, 1 },
		{ (e->what & quoted) != 0,
		    e->quoted_l3 + (qsrc ? src : dst), address },
		{ (e->what & quoted) != 0 && four, e->quoted_l3 + 10u, 2 },
		{ (e->what & quoted) != 0, e->quoted_l4 + (qsrc ? 0u : 2u), 2 },
		{ (e->what & quoted) != 0, e->quoted_l4 + qchecksum, 2 },
	};
	/* clang-format on */
	for (size_t i = 0; i < LB_COUNT(fields); i++)
		if (fields[i].is && at >= fields[i].from &&
		    at < fields[i].from + fields[i].bytes)
			return true;
	return false;
}
