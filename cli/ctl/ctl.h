/* SPDX-License-Identifier: MIT */
#ifndef CLI_CTL_H
#define CLI_CTL_H
/*
 * fairlead ctl, whose commands have files of their own: cli/ctl/ctl_options.c
 * reads the line, cli/ctl/ctl_call.c calls fairlead live
 * (live/control/control.h has the protocol), and each command prints what it
 * heard, as text or as JSON.
 */
#include <jansson.h>

#include "cli/common/cli.h"

#define CTL_ARGUMENTS_MAX 2
/* "[2001:db8::1]:65535" */
#define CTL_END_BYTES 80

struct ctl_options {
	const struct ctl_command *command;
	const char *arguments[CTL_ARGUMENTS_MAX];
	const char *pin_name, *control;
	bool json;
	const char *rule, *member, *client; /* which flows, or ports */
	uint64_t limit;                     /* of them; 0: all */
	bool dry_run;                       /* reload */
	bool wait;                          /* drain */
	bool watch;                         /* stats */
	const char *output;                 /* capture */
	bool force;
	uint64_t packets, seconds, snap; /* 0: any number */
};

/* Options that not every command has. */
enum ctl_option {
	CTL_CLIENT = 0x1,
	CTL_DRY_RUN = 0x2,
	CTL_WAIT = 0x4,
	CTL_WATCH = 0x8,
	CTL_CAPTURE = 0x10, /* -o --force --packets --seconds --snap */
	CTL_CHOICE = 0x20,  /* --rule --member --limit */
};

struct ctl_command {
	const char *name;
	int arguments; /* that it wants */
	unsigned has;  /* enum ctl_option */
	int (*run)(const struct ctl_options *o);
	const char *help;
};

/* Reads the line: 0; 1: help was given; CLI_USAGE. */
int ctl_options_read(struct ctl_options *o, int argc, char **argv);

extern const struct ctl_command ctl_commands[];
extern const size_t ctl_command_count;

int ctl_status(const struct ctl_options *o);
int ctl_members(const struct ctl_options *o);
int ctl_nat(const struct ctl_options *o);
int ctl_stats(const struct ctl_options *o);
int ctl_flows(const struct ctl_options *o);
int ctl_snat(const struct ctl_options *o);
int ctl_drain(const struct ctl_options *o);
int ctl_undrain(const struct ctl_options *o);
int ctl_admin(const struct ctl_options *o);
int ctl_reload(const struct ctl_options *o);
int ctl_capture(const struct ctl_options *o);

/* --- asking -------------------------------------------------------------- */

/* One line of an answer: its only key, and the value.  Anything but 0 ends
 * it. */
typedef int ctl_heard(void *arg, const char *kind, const json_t *value);

/*
 * ctl_ask - call, ask, and hear the answer.
 *
 * request  the reference is taken.
 *
 * Says what went wrong, and returns the exit code: CLI_REFUSED when nobody
 * answers or the machine refuses, CLI_USAGE, CLI_INTERRUPTED, or what `heard`
 * returned.
 */
int ctl_ask(
    const struct ctl_options *o, json_t *request, ctl_heard *heard, void *arg);

/* The same as JSON on stdout: one document, lists of as many things as come;
 * when nothing does, one with an empty `list`. */
int ctl_ask_json(
    const struct ctl_options *o, json_t *request, const char *list);

/* --- reading answers ----------------------------------------------------- */

/* What is not there is 0, "" or false. */
uint64_t ctl_count(const json_t *object, const char *key);
double ctl_real(const json_t *object, const char *key);
bool ctl_is(const json_t *object, const char *key);
const char *ctl_text(const json_t *object, const char *key);

/* An address and a port as one text; returns text. */
char *ctl_end(char text[CTL_END_BYTES], const char *address, uint64_t port);

#endif
