/* SPDX-License-Identifier: MIT */
/*
 * Writes fuzz_capture's first corpus into a folder: a small capture of every
 * kind.  (found-* there is what fuzzing added.)  Run by hand when a kind is
 * added:
 *
 *     make tests/fuzz/make_capture_seeds
 *     tests/fuzz/make_capture_seeds tests/fuzz/corpus/capture
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/traces/capture_file.h"

static const char *folder;

static void
save(const char *name, struct bytes *b)
{
	char path[4096], packed[4096 + 8];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)snprintf(packed, sizeof(packed), "%s-gz", path);
	capture_write(b->at, b->count);
	if (rename(capture_path, path) != 0)
		exit(EXIT_FAILURE);
	capture_write_gzip(b->at, b->count, false);
	if (rename(capture_path, packed) != 0)
		exit(EXIT_FAILURE);
	*b = (struct bytes){ .big = b->big };
}

static void
save_classic(bool big)
{
	static const uint32_t magics[] = { MAGIC_US, MAGIC_NS, MAGIC_LONGER };
	static const uint16_t links[] = { 1, 0, 108, 113, 276, 101, 229 };
	struct bytes b = { .big = big };
	char name[32];

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		put_header(&b, magics[i % 3], links[i]);
		for (uint32_t r = 0; r < 2; r++) {
			put_record(&b, r, r, 44, 60);
			if (magics[i % 3] == MAGIC_LONGER)
				put64(&b, 0);
			put(&b, "\2\0\0\0\0\0\0\0\0\0\0\0", 12);
			put(&b, packet_ip4, sizeof(packet_ip4));
		}
		(void)snprintf(name, sizeof(name), "pcap-%s-%u",
		    big ? "big" : "little", links[i]);
		save(name, &b);
	}
}

static void
put_other_blocks(struct bytes *b)
{
	size_t block = put_block(b, 3);

	put32(b, 32), put(b, packet_ip4, 32);
	put_block_end(b, block);
	block = put_block(b, 2);
	put16(b, 0), put16(b, 3), put64(b, 5), put32(b, 31), put32(b, 32);
	put(b, packet_ip4, 31);
	put_block_end(b, block);
	block = put_block(b, 5);
	put32(b, 0), put64(b, 7);
	put_block_end(b, block);
	block = put_block(b, 1);
	put16(b, 101), put16(b, 0), put32(b, 20);
	put_option(b, 14, "\1\2\3\4\5\6\7", 8), put_option(b, 0, "", 0);
	put_block_end(b, block);
}

static void
save_pcapng(bool big)
{
	struct bytes b = { .big = big };

	put_section(&b);
	put_interface_units(&b, 1, 0, 9);
	put_interface_units(&b, 113, 99, 0x8a);
	put_interface(&b, 227, 0);
	put_enhanced(&b, 0, 1, packet_ip6, 52, 52);
	put_other_blocks(&b);
	put_enhanced(&b, 1, 2, packet_ip4, 32, 52);
	put_enhanced(&b, 2, 3, packet_ip4, 32, 52);
	put_enhanced(&b, 3, 3, packet_ip4, 32, 52);
	b.big = !big;
	put_section(&b);
	put_interface_units(&b, 0, 20, 6);
	put_enhanced(&b, 0, 1, "\2\0\0", 4, 52);
	put_enhanced(&b, 1, 1, "\2\0\0", 4, 52);
	save(big ? "pcapng-big" : "pcapng-little", &b);
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: make_capture_seeds FOLDER\n");
		return EXIT_FAILURE;
	}
	folder = argv[1];
	/* beside the others, to be renamed */
	(void)snprintf(capture_path, sizeof(capture_path), "%s/new", folder);
	for (int big = 0; big < 2; big++) {
		save_classic(big);
		save_pcapng(big);
	}
	return EXIT_SUCCESS;
}
