/* SPDX-License-Identifier: MIT */
#ifndef MODEL_PATH_BASE_H
#define MODEL_PATH_BASE_H
/*
 * The one header that knows which of the two machines it is compiled for.
 *
 * Everything in model/path is built twice from the same source: natively
 * (one object per .c) and to BPF (all of them included in one translation
 * unit).  A function of the path is one of
 *
 *   LB_INLINE  under ten lines, or one that a caller specialises by constants;
 *   LB_API     ordinary: extern natively, static in the BPF unit;
 *   LB_COLD    the same for rare packets: never inlined, so that the others do
 *              not pay for its registers and its place in the cache;
 *   LB_GLOBAL  one that loops.  The verifier checks it once instead of once
 *              per call path, so its arguments and its result are scalars
 *              and it finds everything else through `ctx`.
 *
 * `ctx` is the address of a struct lb_world natively and 0 in BPF, where the
 * maps are the world.  Only model/path/seam.h's bodies ever look at it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __bpf__
#define LB_API          static __attribute__((unused))
#define LB_COLD         static __attribute__((noinline, unused))
#define LB_GLOBAL       __attribute__((noinline))
#define LB_INLINE       static inline __attribute__((always_inline, unused))
#define lb_assert(cond) ((void)0)
/* Makes clang forget what it proved, so that it keeps a bound that the
 * verifier needs.  Natively nothing. */
#define lb_forget(var) __asm__ volatile("" : "+r"(var))
#define LB_UNROLL      _Pragma("unroll")
#else
#include <assert.h>
#define LB_API
#define LB_COLD
#define LB_GLOBAL
#define LB_INLINE       static inline __attribute__((always_inline, unused))
#define lb_assert(cond) assert(cond)
#define lb_forget(var)  ((void)0)
#define LB_UNROLL
#endif

/*
 * An index or offset that is known to fit the mask (2^n - 1), bounded again
 * where it is used: Linux 6.1's verifier forgets what was checked of a value
 * that waits on the stack, and clang is free to let it wait.
 */
LB_INLINE uint64_t
lb_bound(uint64_t value, uint64_t mask)
{
	lb_forget(value);
	return value & mask;
}

/*
 * Unaligned reads and writes, in the order of the wire.  BPF's clang would
 * turn a memcpy of unknown alignment into single bytes; x86-64, our only live
 * target, reads and writes any address.  may_alias: what one width wrote,
 * another may read (without it clang 14 reads first: tests/live/race.bpf.c).
 */
#ifdef __bpf__
#define LB_UNALIGNED(name, type)                                               \
	typedef type __attribute__((may_alias)) lb_bytes##name;                \
	LB_INLINE type lb_load##name(const uint8_t *from)                      \
	{                                                                      \
		return *(const lb_bytes##name *)from;                          \
	}                                                                      \
	LB_INLINE void lb_store##name(uint8_t *to, type value)                 \
	{                                                                      \
		*(lb_bytes##name *)to = value;                                 \
	}
#else
#define LB_UNALIGNED(name, type)                                               \
	LB_INLINE type lb_load##name(const uint8_t *from)                      \
	{                                                                      \
		type value;                                                    \
		__builtin_memcpy(&value, from, sizeof(value));                 \
		return value;                                                  \
	}                                                                      \
	LB_INLINE void lb_store##name(uint8_t *to, type value)                 \
	{                                                                      \
		__builtin_memcpy(to, &value, sizeof(value));                   \
	}
#endif
LB_UNALIGNED(16, uint16_t)
LB_UNALIGNED(32, uint32_t)
LB_UNALIGNED(64, uint64_t)

#define LB_NOINLINE       __attribute__((noinline))
#define LB_LIKELY(cond)   __builtin_expect(!!(cond), 1)
#define LB_UNLIKELY(cond) __builtin_expect(!!(cond), 0)
#define LB_COUNT(array)   (sizeof(array) / sizeof((array)[0]))

/* Between these two a struct with a hidden hole is a compile error. */
#define LB_LAYOUT_BEGIN                                                        \
	_Pragma("GCC diagnostic push")                                         \
	    _Pragma("GCC diagnostic error \"-Wpadded\"")
#define LB_LAYOUT_END _Pragma("GCC diagnostic pop")

/* Network byte order is a type: it can't be added or compared by accident. */
typedef struct {
	uint16_t raw;
} lb_be16;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "write the big-endian conversions when a big-endian machine turns up"
#endif

LB_INLINE uint16_t
lb_be16_get(lb_be16 value)
{
	return __builtin_bswap16(value.raw);
}

LB_INLINE lb_be16
lb_be16_of(uint16_t value)
{
	return (lb_be16){ __builtin_bswap16(value) };
}

LB_INLINE uint16_t
lb_load_be16(const uint8_t *from)
{
	return __builtin_bswap16(lb_load16(from));
}

LB_INLINE uint32_t
lb_load_be32(const uint8_t *from)
{
	return __builtin_bswap32(lb_load32(from));
}

/* Half of a 64-bit word, read or written alone; [1] is the high half. */
typedef uint32_t __attribute__((may_alias)) lb_half;

/* One read and one write that the compiler neither repeats nor drops. */
#define LB_LOAD(lvalue) (*(const volatile __typeof__(lvalue) *)&(lvalue))
#define LB_STORE(lvalue, value)                                                \
	(*(volatile __typeof__(lvalue) *)&(lvalue) = (value))

#define LB_NS_PER_MS UINT64_C(1000000)
#define LB_NS_PER_S  UINT64_C(1000000000)
#define LB_MS_PER_S  1000u

/* "No such rule, member, table": the id that nothing has. */
#define LB_NONE 0xffffu

#endif
