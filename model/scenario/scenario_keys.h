/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SCENARIO_KEYS_H
#define MODEL_SCENARIO_KEYS_H
/*
 * Every key a scenario may have, by section: the one list that the reader, its
 * suggestions and the test of doc/scenario.yaml are made from.
 */

#define LB_SCENARIO_KEYS(X)                                                    \
	X(SCENARIO, CONFIG, "config")                                          \
	X(SCENARIO, SEED, "seed")                                              \
	X(SCENARIO, DURATION, "duration")                                      \
	X(SCENARIO, WARM_UP, "warm_up")                                        \
	X(SCENARIO, INITIAL, "initial")                                        \
	X(SCENARIO, REPLICATIONS, "replications")                              \
	X(SCENARIO, PRECISION, "precision")                                    \
	X(SCENARIO, MODES, "modes")                                            \
	X(SCENARIO, ALGORITHMS, "algorithms")                                  \
	X(SCENARIO, INSTANCES, "instances")                                    \
	X(SCENARIO, ECMP, "ecmp")                                              \
	X(SCENARIO, LINKS, "links")                                            \
	X(SCENARIO, BACKENDS, "backends")                                      \
	X(SCENARIO, TRAFFIC, "traffic")                                        \
	X(SCENARIO, FAULTS, "faults")                                          \
	X(SCENARIO, FAILURES, "failures")                                      \
	X(SCENARIO, ASSERTIONS, "assertions")

#define LB_LINKS_KEYS(X)                                                       \
	X(LINKS, CLIENTS, "clients")                                           \
	X(LINKS, BACKENDS, "backends")

#define LB_LINK_KEYS(X)                                                        \
	X(LINK, LATENCY, "latency")                                            \
	X(LINK, JITTER, "jitter")                                              \
	X(LINK, LOSS, "loss")

#define LB_SERVER_KEYS(X)                                                      \
	X(SERVER, MEMBER, "member")                                            \
	X(SERVER, SERVICE_TIME, "service_time")                                \
	X(SERVER, DISTRIBUTION, "distribution")                                \
	X(SERVER, CONCURRENCY, "concurrency")                                  \
	X(SERVER, QUEUE, "queue")                                              \
	X(SERVER, PORTS, "ports")                                              \
	X(SERVER, PROBE_ANSWER, "probe_answer")

#define LB_TRAFFIC_KEYS(X)                                                     \
	X(TRAFFIC, CAPTURE, "capture")                                         \
	X(TRAFFIC, SPEED, "speed")                                             \
	X(TRAFFIC, LOOP, "loop")                                               \
	X(TRAFFIC, PROFILE, "profile")                                         \
	X(TRAFFIC, RULE, "rule")                                               \
	X(TRAFFIC, FROM_POOL, "from_pool")                                     \
	X(TRAFFIC, SERVER, "server")                                           \
	X(TRAFFIC, PORT, "port")                                               \
	X(TRAFFIC, START, "start")                                             \
	X(TRAFFIC, STOP, "stop")                                               \
	X(TRAFFIC, RATE, "rate")                                               \
	X(TRAFFIC, ARRIVALS, "arrivals")                                       \
	X(TRAFFIC, BURST_FACTOR, "burst_factor")                               \
	X(TRAFFIC, BURST, "burst")                                             \
	X(TRAFFIC, BURST_EVERY, "burst_every")                                 \
	X(TRAFFIC, CLIENTS, "clients")                                         \
	X(TRAFFIC, ZIPF, "zipf")                                               \
	X(TRAFFIC, FIRST_CLIENT, "first_client")                               \
	X(TRAFFIC, REQUESTS, "requests")                                       \
	X(TRAFFIC, THINK, "think")                                             \
	X(TRAFFIC, CLOSE, "close")                                             \
	X(TRAFFIC, REQUEST_SIZE, "request_size")                               \
	X(TRAFFIC, SIZES, "sizes")                                             \
	X(TRAFFIC, SIZE_MIN, "size_min")                                       \
	X(TRAFFIC, SIZE_MAX, "size_max")                                       \
	X(TRAFFIC, ALPHA, "alpha")                                             \
	X(TRAFFIC, TRIES, "tries")                                             \
	X(TRAFFIC, TIMEOUT, "timeout")                                         \
	X(TRAFFIC, CONNECTIONS, "connections")                                 \
	X(TRAFFIC, RAMP, "ramp")                                               \
	X(TRAFFIC, KEEPALIVE, "keepalive")                                     \
	X(TRAFFIC, MESSAGE_EVERY, "message_every")                             \
	X(TRAFFIC, SOURCES, "sources")                                         \
	X(TRAFFIC, DEVICES, "devices")                                         \
	X(TRAFFIC, ADDRESSES, "addresses")                                     \
	X(TRAFFIC, PERIOD, "period")                                           \
	X(TRAFFIC, JITTER, "jitter")                                           \
	X(TRAFFIC, CONFIRMABLE, "confirmable")                                 \
	X(TRAFFIC, OBSERVE, "observe")                                         \
	X(TRAFFIC, NOTIFY_EVERY, "notify_every")                               \
	X(TRAFFIC, CONFIRM_EVERY, "confirm_every")                             \
	X(TRAFFIC, NAT_TIMEOUT, "nat_timeout")                                 \
	X(TRAFFIC, SOURCE_PORT, "source_port")

#define LB_FAULT_KEYS(X)                                                       \
	X(FAULT, AT, "at")                                                     \
	X(FAULT, MEMBER, "member")                                             \
	X(FAULT, ZONE, "zone")                                                 \
	X(FAULT, INSTANCE, "instance")                                         \
	X(FAULT, STATE, "state")                                               \
	X(FAULT, FACTOR, "factor")                                             \
	X(FAULT, PERIOD, "period")                                             \
	X(FAULT, ADMIN_STATE, "admin_state")                                   \
	X(FAULT, WEIGHT, "weight")

#define LB_FAILURES_KEYS(X)                                                    \
	X(FAILURES, MEMBER, "member")                                          \
	X(FAILURES, STATE, "state")                                            \
	X(FAILURES, MEAN_UP, "mean_up")                                        \
	X(FAILURES, MEAN_DOWN, "mean_down")

#define LB_ASSERTION_KEYS(X)                                                   \
	X(ASSERTION, METRIC, "metric")                                         \
	X(ASSERTION, RULE, "rule")                                             \
	X(ASSERTION, CASE, "case")                                             \
	X(ASSERTION, UNIT, "unit")                                             \
	X(ASSERTION, BACKEND, "backend")                                       \
	X(ASSERTION, REASON, "reason")                                         \
	X(ASSERTION, AT_LEAST, "at_least")                                     \
	X(ASSERTION, AT_MOST, "at_most")                                       \
	X(ASSERTION, EQUALS, "equals")

#endif
