/* SPDX-License-Identifier: MIT */
/* traces/digest.c: SHA-256 of files, against FIPS 180-2's examples. */
#include "traces/capture.h"

#include <CUnit/Basic.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[96];

/* clang-format off */
/* FIPS 180-2 B.1 to B.3, and sha256sum's answers around our read size. */
static const struct {
	const char *text;
	size_t repeat;
	const char *hex;
} rows[] = {
	{ "", 1,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 1000000,
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	{ "x", 65535,
	    "09ab7495d3e61a76f0deb12cb0306f0696cbb17ffc12131368c7a939f12f56d3" },
	{ "x", 65536,
	    "1f8745f0d2d1387ec1af2211a3cf417b2e9e885e853472649c1d979d0e9370e3" },
	{ "x", 65537,
	    "1abe08ebecf1c18cab71f6fe28aaddf20268f85bad78bb9a72f88ca47c874662" },
};
/* clang-format on */

static void
test_vectors(void)
{
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		char hex[65] = "";
		FILE *f = fopen(path, "wb");

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		for (size_t n = 0; n < rows[i].repeat; n++)
			(void)fputs(rows[i].text, f);
		CU_ASSERT_EQUAL_FATAL(fclose(f), 0);
		CU_ASSERT_EQUAL(trace_sha256(path, hex), 0);
		if (strcmp(hex, rows[i].hex) != 0)
			(void)fprintf(stderr, "  row %zu: %s\n", i, hex);
		CU_ASSERT_STRING_EQUAL(hex, rows[i].hex);
	}
}

/* What is no regular file is refused at once: opening a pipe would wait. */
static void
test_refused(void)
{
	char hex[65];

	(void)unlink(path);
	CU_ASSERT_EQUAL(trace_sha256(path, hex), -1);
	CU_ASSERT_EQUAL(trace_sha256(folder, hex), -1);
	CU_ASSERT_EQUAL(trace_sha256("-", hex), -1);
	CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(trace_sha256(path, hex), -1);
}

static int
make_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%s/fairlead-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int
remove_folder(void)
{
	(void)unlink(path);
	return rmdir(folder);
}

int
main(void)
{
	static CU_TestInfo tests[] = {
		{ "vectors", test_vectors },
		{ "refused", test_refused },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = {
		{ "digest", make_folder, remove_folder, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	if (CU_initialize_registry() != CUE_SUCCESS ||
	    CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_ErrorCode ran = CU_basic_run_tests();
	unsigned failures =
	    CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return ran == CUE_SUCCESS && failures == 0 ? EXIT_SUCCESS
						   : EXIT_FAILURE;
}
