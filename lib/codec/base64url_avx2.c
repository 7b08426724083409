/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fast half of base64url decoding: 32 characters at a time where the processor has AVX2.
 *
 * Every character is looked at by its two halves. The upper half tells the range that it can stand in
 * (0x2d; 0x30-0x39; 0x41-0x4f and 0x61-0x6f; 0x50-0x5a and 0x5f; 0x70-0x7a), one bit a range; the lower
 * half tells, by the same bits, the ranges in which it is foreign. A character is foreign where both have
 * a bit in common. Within a range, character and value differ by a constant.
 */
#include "lib/codec/base64url_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdbool.h>

#define BLOCK_CHARACTERS 32
#define BLOCK_BYTES 24

/* One bit for each range of the alphabet; NOWHERE is in every entry of the lower half's table. */
#define DASH 0x01
#define DIGIT 0x02
#define FIRST 0x04  /* 0x41-0x4f, 0x61-0x6f */
#define SECOND 0x08 /* 0x50-0x5a, 0x5f */
#define THIRD 0x10  /* 0x70-0x7a */
#define NOWHERE 0x20

#define AVX2 __attribute__((target("avx2")))

/* A table of 16 bytes for each half of a register. */
AVX2 static inline __m256i
table(__m128i entries)
{
	return _mm256_broadcastsi128_si256(entries);
}

/* Turn 32 characters into their values, 6 bits a byte. Returns false where one is foreign. */
AVX2 static inline bool
values_of_characters(__m256i characters, __m256i *values)
{
	const __m256i ranges_of_upper = table(_mm_setr_epi8(
	    NOWHERE, NOWHERE, DASH, DIGIT, FIRST, SECOND, FIRST, THIRD,
	    NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE));
	const __m256i foreign_of_lower = table(_mm_setr_epi8(
	    /* 0 */ NOWHERE | DASH | FIRST,
	    /* 1 to 9 */ NOWHERE | DASH, NOWHERE | DASH, NOWHERE | DASH, NOWHERE | DASH, NOWHERE | DASH,
	    NOWHERE | DASH, NOWHERE | DASH, NOWHERE | DASH, NOWHERE | DASH,
	    /* a */ NOWHERE | DASH | DIGIT,
	    /* b, c */ NOWHERE | DASH | DIGIT | SECOND | THIRD, NOWHERE | DASH | DIGIT | SECOND | THIRD,
	    /* d */ NOWHERE | DIGIT | SECOND | THIRD,
	    /* e */ NOWHERE | DASH | DIGIT | SECOND | THIRD,
	    /* f */ NOWHERE | DASH | DIGIT | THIRD));
	const __m256i shift_of_upper = table(_mm_setr_epi8(
	    0, 0, 62 - '-', 52 - '0', 0 - 'A', 0 - 'A', 26 - 'a', 26 - 'a',
	    0, 0, 0, 0, 0, 0, 0, 0));
	const __m256i underscore = _mm256_set1_epi8('_');
	const __m256i low_half = _mm256_set1_epi8(0x0f);
	__m256i upper = _mm256_and_si256(_mm256_srli_epi32(characters, 4), low_half);
	__m256i lower = _mm256_and_si256(characters, low_half);
	__m256i ranges = _mm256_shuffle_epi8(ranges_of_upper, upper);
	__m256i foreign = _mm256_shuffle_epi8(foreign_of_lower, lower);
	__m256i shift = _mm256_shuffle_epi8(shift_of_upper, upper);

	if (!_mm256_testz_si256(ranges, foreign))
		return false;
	/* '_' is the one character of its range with a shift of its own. */
	shift = _mm256_blendv_epi8(shift, _mm256_set1_epi8(63 - '_'), _mm256_cmpeq_epi8(characters, underscore));
	*values = _mm256_add_epi8(characters, shift);
	return true;
}

/* Join 32 values of 6 bits to 24 bytes, at the lower end of the register. */
AVX2 static inline __m256i
bytes_of_values(__m256i values)
{
	/* Pairs to 12 bits, pairs of pairs to 24, each at the lower end of its 32. */
	__m256i twelves = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
	__m256i twenty_fours = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x00011000));
	/* Each 24 bits to three bytes, the highest first; then the halves' 12 bytes side by side. */
	const __m256i order = table(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
	__m256i ordered = _mm256_shuffle_epi8(twenty_fours, order);

	return _mm256_permutevar8x32_epi32(ordered, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

AVX2 static size_t
decode_blocks(const uint8_t *text, size_t len, uint8_t *out)
{
	size_t taken = 0;

	for (; len - taken >= BLOCK_CHARACTERS; taken += BLOCK_CHARACTERS, out += BLOCK_BYTES) {
		__m256i values, bytes;

		if (!values_of_characters(_mm256_loadu_si256((const __m256i_u *)(text + taken)), &values))
			break;
		bytes = bytes_of_values(values);
		_mm_storeu_si128((__m128i_u *)out, _mm256_castsi256_si128(bytes));
		_mm_storeu_si64(out + 16, _mm256_extracti128_si256(bytes, 1));
	}
	return taken;
}

size_t
mm_base64url_decode_avx2(const uint8_t *text, size_t len, uint8_t *out)
{
	if (len < BLOCK_CHARACTERS || !__builtin_cpu_supports("avx2"))
		return 0;
	return decode_blocks(text, len, out);
}

#else

size_t
mm_base64url_decode_avx2(const uint8_t *text, size_t len, uint8_t *out)
{
	(void)text;
	(void)len;
	(void)out;
	return 0;
}

#endif
