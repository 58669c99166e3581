/* SPDX-License-Identifier: MIT */
/* A scenario's links and backends. */
#include <stdlib.h>

#include "model/config/names.h"
#include "model/config/numbers.h"
#include "model/config/problems.h"
#include "model/scenario/scenario_read.h"

#define LINK_MAX_NS    UINT64_C(10000000000)  /* a trip beyond the Moon */
#define SERVICE_MAX_NS UINT64_C(100000000000) /* who waits that long? */
#define QUEUE_MAX      1000000u

#define X(section, key, text) LB_##section##_KEY_##key,
enum links_key { LB_LINKS_KEYS(X) LB_LINKS_KEY_COUNT };
enum link_key { LB_LINK_KEYS(X) LB_LINK_KEY_COUNT };
enum server_key { LB_SERVER_KEYS(X) LB_SERVER_KEY_COUNT };
#undef X
#define X(section, key, text) text,
static const char *const links_keys[] = { LB_LINKS_KEYS(X) };
static const char *const link_keys[] = { LB_LINK_KEYS(X) };
static const char *const server_keys[] = { LB_SERVER_KEYS(X) };
#undef X

/* --- links ---------------------------------------------------------------- */

static void
read_short(
    struct lb_section *section, unsigned key, uint64_t max, uint64_t *out)
{
	uint64_t ns;

	if (!lb_take_nanoseconds(section, key, &ns))
		return;
	if (ns > max)
		lb_section_refuse(section, key, "0s to %llus are possible",
		    (unsigned long long)(max / 1000000000));
	else
		*out = ns;
}

static void
read_link(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_link *link)
{
	struct lb_section section;

	lb_section_open(&section, reader, node, link_keys, LB_LINK_KEY_COUNT);
	read_short(
	    &section, LB_LINK_KEY_LATENCY, LINK_MAX_NS, &link->latency_ns);
	read_short(&section, LB_LINK_KEY_JITTER, LINK_MAX_NS, &link->jitter_ns);
	(void)lb_take_share(&section, LB_LINK_KEY_LOSS, &link->loss);
}

void
lb_read_links(struct lb_section *root, struct lb_scene *scene)
{
	struct lb_section section;

	lb_section_open(&section, root->reader,
	    root->value[LB_SCENARIO_KEY_LINKS], links_keys, LB_LINKS_KEY_COUNT);
	read_link(root->reader, section.value[LB_LINKS_KEY_CLIENTS],
	    &scene->client_link);
	read_link(root->reader, section.value[LB_LINKS_KEY_BACKENDS],
	    &scene->member_link);
}

/* --- backends ------------------------------------------------------------- */

static void
read_ports(struct lb_section *section, struct lb_server *server)
{
	const struct lb_yaml_node *node;
	const char *text;
	struct lb_where where;
	uint64_t port;
	size_t count;

	node = lb_take_list(section, LB_SERVER_KEY_PORTS, &count);
	if (!lb_section_has(section, LB_SERVER_KEY_PORTS) ||
	    (section->bad >> LB_SERVER_KEY_PORTS & 1) != 0)
		return;
	if (count > UINT16_MAX) {
		lb_section_refuse(section, LB_SERVER_KEY_PORTS,
		    "there are no more than 65535");
		return;
	}
	server->ports = lb_read_room(section->reader, count, sizeof(uint16_t));
	while (
	    server->ports != NULL &&
	    lb_list_text(section, LB_SERVER_KEY_PORTS, &node, &text, &where)) {
		if (lb_number_of_text(text, &port) && port > 0 &&
		    port <= UINT16_MAX)
			server->ports[server->port_count++] = (uint16_t)port;
		else
			lb_error_add(section->reader->problems, where, NULL,
			    "`ports`: '%.40s' is no port; write 1 to 65535",
			    text);
	}
}

static void
read_service(struct lb_section *section, struct lb_server *server)
{
	uint64_t number;
	int choice;

	read_short(section, LB_SERVER_KEY_SERVICE_TIME, SERVICE_MAX_NS,
	    &server->service_ns);
	if (lb_take_choice(section, LB_SERVER_KEY_DISTRIBUTION,
		lb_service_of_name, "constant, exponential and lognormal",
		&choice))
		server->distribution = (enum lb_service)choice;
	if (lb_take_range(
		section, LB_SERVER_KEY_CONCURRENCY, 1, QUEUE_MAX, &number))
		server->concurrency = (uint32_t)number;
	if (lb_take_number(section, LB_SERVER_KEY_QUEUE, QUEUE_MAX, &number))
		server->queue = (uint32_t)number;
	if (lb_section_has(section, LB_SERVER_KEY_QUEUE) &&
	    !lb_section_has(section, LB_SERVER_KEY_CONCURRENCY))
		lb_section_refuse(section, LB_SERVER_KEY_QUEUE,
		    "nothing waits where any number is served at once; say "
		    "`concurrency`");
}

static void
read_server(struct lb_reader *reader, const struct lb_yaml_node *node,
    struct lb_scene *scene)
{
	struct lb_section section;
	struct lb_server *server = &scene->servers[scene->server_count];
	int choice;

	server->queue = UINT32_MAX;
	lb_section_open(
	    &section, reader, node, server_keys, LB_SERVER_KEY_COUNT);
	read_service(&section, server);
	if (lb_take_choice(&section, LB_SERVER_KEY_PROBE_ANSWER,
		lb_probe_answer_of_name, "good, status and hang", &choice))
		server->probe_answer = (enum lb_probe_answer)choice;
	read_ports(&section, server);
	(void)lb_read_member(&section, LB_SERVER_KEY_MEMBER, "a backend",
	    &server->member, &server->where);
	if (scene->server_count > 0 && server[-1].member == NULL &&
	    server[-1].where.line != 0)
		lb_error_add(reader->problems, section.where, NULL,
		    "the first that names a member counts, and `\"*\"` above "
		    "names every one; put that last");
	scene->server_count++;
}

void
lb_read_servers(struct lb_section *root, struct lb_scene *scene)
{
	size_t count;
	const struct lb_yaml_node *node =
	    lb_take_list(root, LB_SCENARIO_KEY_BACKENDS, &count);

	if (count > LB_SERVERS_MAX) {
		lb_section_refuse(root, LB_SCENARIO_KEY_BACKENDS,
		    "at most %u of them", LB_SERVERS_MAX);
		return;
	}
	scene->servers =
	    lb_read_room(root->reader, count, sizeof(*scene->servers));
	for (; node != NULL && scene->servers != NULL;
	     node = lb_list_next(root->reader, node))
		read_server(root->reader, node, scene);
}
