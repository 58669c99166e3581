/* SPDX-License-Identifier: MIT */
#include "sim/traffic/sessions.h"

#include <stdlib.h>

#include "sim/events/events.h"

#define CHUNK_SHIFT    10
#define CHUNK_SESSIONS (1u << CHUNK_SHIFT)

struct sim_session *
sim_session_at(const struct sim_sessions *pool, uint32_t number)
{
	return &pool->chunks[number >> CHUNK_SHIFT]
			    [number & (CHUNK_SESSIONS - 1)];
}

void
sim_sessions_free(struct sim_sessions *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	*pool = (struct sim_sessions){ 0 };
}

/* Room for number `made`; chunks double in number, never move. */
static int
reserve(struct sim_sessions *pool)
{
	if (pool->made < pool->chunk_count << CHUNK_SHIFT)
		return 0;
	if (pool->chunk_count == pool->chunk_room) {
		uint32_t room =
		    pool->chunk_room == 0 ? 16 : pool->chunk_room * 2;
		if (room > UINT32_MAX >> CHUNK_SHIFT)
			return -1;
		struct sim_session **chunks =
		    realloc(pool->chunks, room * sizeof(*chunks));
		if (chunks == NULL)
			return -1;
		pool->chunks = chunks;
		pool->chunk_room = room;
	}
	struct sim_session *chunk =
	    malloc(CHUNK_SESSIONS * sizeof(struct sim_session));
	if (chunk == NULL)
		return -1;
	pool->chunks[pool->chunk_count++] = chunk;
	return 0;
}

struct sim_session *
sim_session_take(struct sim_sessions *pool)
{
	uint32_t number;

	if (pool->first != 0) {
		number = pool->first - 1;
		pool->first = sim_session_at(pool, number)->serial;
	} else {
		if (reserve(pool) != 0)
			return NULL;
		number = pool->made++;
	}
	struct sim_session *s = sim_session_at(pool, number);
	*s = (struct sim_session){
		.alarm = { { SIM_NEVER, SIM_NEVER }, { SIM_NEVER, SIM_NEVER } },
		.number = number,
		.member = LB_NONE,
	};
	pool->live++;
	return s;
}

/* A free one's serial is the next free one's. */
void
sim_session_give(struct sim_sessions *pool, struct sim_session *s)
{
	s->serial = pool->first;
	pool->first = s->number + 1;
	pool->live--;
}
