/* SPDX-License-Identifier: MIT */
#include "model/config/config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "model/config/config_new.h"
#include "model/path/plan.h"

#define ZERO_BACKENDS_MAX ((LB_MEMBER_MAX - 1) / 2)
#define ZERO_ENTRIES      (UINT64_C(1) << 20)
#define ZERO_FIRST4       0xc6120000u /* 198.18.0.0, RFC 2544 */

struct lb_config *
lb_config_new(void)
{
	struct lb_config *config = calloc(1, sizeof(*config));

	if (config == NULL)
		return NULL;
	config->entries = LB_ENTRIES_DEFAULT;
	config->entries6 = LB_ENTRIES_DEFAULT / LB_ENTRIES6_PART;
	config->next_hop_rule4 = -1;
	config->next_hop_rule6 = -1;
	return config;
}

void
lb_config_rule_init(struct lb_config_rule *rule)
{
	*rule = (struct lb_config_rule){
		.frontend = -1,
		.pool = -1,
		.probe = -1,
		.proto = LB_PROTO_TCP,
		.mode = LB_MODE_FIVE_TUPLE,
		.algorithm = LB_STABLE,
		.table_size = LB_TABLE_SIZE_DEFAULT,
		.idle_timeout_ms = LB_IDLE_TIMEOUT_DEFAULT_MS,
		.outbound_snat = true,
	};
}

void
lb_config_nat_init(struct lb_config_nat *nat)
{
	*nat = (struct lb_config_nat){
		.frontend = -1,
		.pool = -1,
		.member = -1,
		.proto = LB_PROTO_TCP,
		.idle_timeout_ms = LB_IDLE_TIMEOUT_DEFAULT_MS,
	};
}

void
lb_config_outbound_init(struct lb_config_outbound *outbound)
{
	*outbound = (struct lb_config_outbound){
		.pool = -1,
		.idle_timeout_ms = LB_IDLE_TIMEOUT_DEFAULT_MS,
	};
}

void
lb_config_probe_init(struct lb_config_probe *probe)
{
	*probe = (struct lb_config_probe){
		.interval_ms = LB_PROBE_INTERVAL_DEFAULT_MS,
		.threshold = 1,
	};
}

bool
lb_config_rule_floats(
    const struct lb_config *config, const struct lb_config_rule *rule)
{
	return rule->floating_ip || rule->frontend < 0 ||
	       config->forwarding == LB_FORWARDING_L2DSR;
}

size_t
lb_nat_mapping_count(
    const struct lb_config *config, const struct lb_config_nat *nat)
{
	if (nat->pool < 0)
		return 0;
	return nat->member >= 0 ? 1 : config->pools[nat->pool].member_count;
}

bool
lb_nat_instance(const char *name, uint16_t *instance)
{
	size_t end = strlen(name), from = end;
	uint32_t number = 0;

	while (from > 0 && name[from - 1] >= '0' && name[from - 1] <= '9')
		from--;
	for (size_t i = from; i < end && number <= UINT16_MAX; i++)
		number = number * 10 + (uint32_t)(name[i] - '0');
	*instance = (uint16_t)number;
	return from < end && number <= UINT16_MAX;
}

unsigned
lb_config_rule_family(
    const struct lb_config *config, const struct lb_config_rule *rule)
{
	const struct lb_addr *addr;

	if (rule->frontend >= 0)
		addr = &config->frontends[rule->frontend].address;
	else if (rule->pool >= 0 && config->pools[rule->pool].member_count > 0)
		addr = &config->pools[rule->pool].members[0].address;
	else
		return 0;
	if ((addr->word[0] | addr->word[1]) == 0)
		return 0; /* what could not be read */
	return lb_addr_is_v4(addr) ? 4 : 6;
}

static struct lb_addr
zero_address(bool v6, uint32_t i)
{
	struct lb_addr addr = lb_addr_v4(htonl(ZERO_FIRST4 + i));

	if (v6) { /* 2001:2::/48, RFC 5180 */
		uint32_t words[4] = { htonl(0x20010002), 0, 0, htonl(i) };
		memcpy(&addr, words, sizeof(addr));
	}
	return addr;
}

static int
zero_pool(struct lb_config_pool *pool, bool v6, unsigned backend_count)
{
	pool->name = strdup(v6 ? "backends6" : "backends");
	pool->members = calloc(backend_count, sizeof(pool->members[0]));
	if (pool->name == NULL || pool->members == NULL)
		return -1;
	pool->member_count = backend_count;
	for (unsigned i = 0; i < backend_count; i++) {
		struct lb_config_member *member = &pool->members[i];
		if (asprintf(&member->name, "backend-%u", i + 1) < 0) {
			member->name = NULL;
			return -1;
		}
		member->address = zero_address(v6, i + 1);
		member->weight = LB_WEIGHT_DEFAULT;
	}
	return 0;
}

static int
zero_rule(struct lb_config_rule *rule, bool v6, enum lb_mode mode)
{
	lb_config_rule_init(rule);
	rule->name = strdup(v6 ? "all6" : "all");
	rule->pool = v6 ? 1 : 0;
	rule->proto = 0;
	rule->mode = mode;
	rule->floating_ip = true;
	return rule->name == NULL ? -1 : 0;
}

struct lb_config *
lb_config_zero(unsigned backend_count, enum lb_mode mode)
{
	if (backend_count == 0 || backend_count > ZERO_BACKENDS_MAX)
		return NULL;
	struct lb_config *config = lb_config_new();
	if (config == NULL)
		return NULL;
	config->pools = calloc(2, sizeof(config->pools[0]));
	config->rules = calloc(2, sizeof(config->rules[0]));
	if (config->pools == NULL || config->rules == NULL)
		goto fail;
	config->pool_count = config->rule_count = 2;
	for (int v6 = 0; v6 < 2; v6++)
		if (zero_pool(&config->pools[v6], v6 != 0, backend_count) < 0 ||
		    zero_rule(&config->rules[v6], v6 != 0, mode) < 0)
			goto fail;
	config->sku = LB_SKU_FAIRLEAD;
	config->entries = config->entries6 = ZERO_ENTRIES;
	config->next_hop_rule4 = 0;
	config->next_hop_rule6 = 1;
	config->next_hop_one_way = true;
	return config;
fail:
	lb_config_free(config);
	return NULL;
}

static void
free_pool(struct lb_config_pool *pool)
{
	free(pool->name);
	for (size_t i = 0; i < pool->member_count; i++)
		free(pool->members[i].name);
	free(pool->members);
}

bool
lb_is_private(const struct lb_addr *addr)
{
	const uint8_t *byte = (const uint8_t *)addr;

	if (!lb_addr_is_v4(addr)) /* fc00::/7, fe80::/10 */
		return (byte[0] & 0xfe) == 0xfc ||
		       (byte[0] == 0xfe && (byte[1] & 0xc0) == 0x80);
	byte += 12;
	return byte[0] == 10 || byte[0] == 127 ||
	       (byte[0] == 172 && (byte[1] & 0xf0) == 16) ||
	       (byte[0] == 192 && byte[1] == 168) ||
	       (byte[0] == 169 && byte[1] == 254) ||
	       (byte[0] == 100 && (byte[1] & 0xc0) == 64);
}

void
lb_config_free(struct lb_config *config)
{
	if (config == NULL)
		return;
	free(config->file);
	for (size_t i = 0; i < config->frontend_count; i++)
		free(config->frontends[i].name);
	free(config->frontends);
	for (size_t i = 0; i < config->pool_count; i++)
		free_pool(&config->pools[i]);
	free(config->pools);
	for (size_t i = 0; i < config->probe_count; i++)
		lb_config_probe_clear(&config->probes[i]);
	free(config->probes);
	for (size_t i = 0; i < config->rule_count; i++)
		free(config->rules[i].name);
	free(config->rules);
	for (size_t i = 0; i < config->nat_count; i++)
		free(config->nats[i].name);
	free(config->nats);
	for (size_t i = 0; i < config->outbound_count; i++) {
		free(config->outbounds[i].name);
		free(config->outbounds[i].frontends);
	}
	free(config->outbounds);
	for (size_t i = 0; i < config->interface_count; i++)
		free(config->interfaces[i]);
	free(config->interfaces);
	free(config->local_addresses);
	free(config->local_subnets);
	free(config);
}
