/* SPDX-License-Identifier: MIT */
#include "reports/words/definitions.h"
#include <stddef.h>

const char *const report_definitions[] = {
	"x\xe1\xb5\xa2 is backend i\xe2\x80\x99s load in flows, "
	"packets or bytes (IP length on the wire, both directions), n "
	"the backends ever eligible, T their sum, p\xe1\xb5\xa2 = "
	"x\xe1\xb5\xa2/T, w\xe2\x82\x96 the share of affinity key k.",
	"Fair share: 1/n. Off fair: p\xe1\xb5\xa2 n \xe2\x88\x92 1. Where "
	"backends differ in weight, the fair share f\xe1\xb5\xa2 is the "
	"configured weight\xe2\x80\x99s share of all, off fair "
	"p\xe1\xb5\xa2/f\xe1\xb5\xa2 \xe2\x88\x92 1; x in the indices below is "
	"then x/(n f), a perfect hash draws by f, (n \xe2\x88\x92 1) H becomes "
	"(n \xe2\x88\x92 1) H \xce\xa3(1/f)/n\xc2\xb2, Q = "
	"\xce\xa3((x \xe2\x88\x92 T f)\xc2\xb2/f) / \xce\xa3w\xc2\xb2, and "
	"drained backends are none of the n.",
	"Jain\xe2\x80\x99s index: (\xce\xa3x)\xc2\xb2 / (n "
	"\xce\xa3x\xc2\xb2), 1/n to 1 (Jain, Chiu, Hawe, DEC-TR-301, "
	"1984). Behaves like: n times that, 1/\xce\xa3p\xc2\xb2 "
	"(Hill, 1973).",
	"Coefficient of variation: standard deviation over mean, "
	"population form.",
	"Gini: \xce\xa3(2i \xe2\x88\x92 n \xe2\x88\x92 1) x / (n T), "
	"x ascending, not corrected for small n (Gini, 1912; Lorenz, "
	"1905).",
	"H = \xce\xa3w\xc2\xb2; effective keys: 1/H. A perfect hash "
	"gives each key to any backend with the same chance; then the "
	"mean of cv\xc2\xb2 is (n \xe2\x88\x92 1) H.",
	"Perfect hashes are reckoned by the normal law where keys are "
	"many and none dominates, else drawn: the same keys are given "
	"to backends at random, some hundred to ten thousand times.",
	"p: how often a perfect hash is at least as uneven. Flows: "
	"chi-square on keys per backend, none when fewer than 5 are "
	"expected; packets, bytes: Q = n \xce\xa3(x \xe2\x88\x92 "
	"T/n)\xc2\xb2 / \xce\xa3w\xc2\xb2 against chi-square with n "
	"\xe2\x88\x92 1 degrees of freedom, or drawn when one key "
	"dominates.",
	"Intervals: bootstrap over affinity keys (Efron, Tibshirani, "
	"1993), never over packets; whiskers: the ratio "
	"estimator\xe2\x80\x99s linear variance (Cochran, 1977). None "
	"where there are fewer than ten effective keys a backend.",
	"A mode is less even than its keys allow when Jain lies 0.005 "
	"below what a perfect hash gives, with p under 0.01 over the "
	"number of tests.",
	NULL,
};
