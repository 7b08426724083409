/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of synthetic logs: appended fast, for there are gigabytes of it; and numbers that look random but follow from a
 * seed.
 */
#ifndef MAKER_LOG_TEXT_H
#define MAKER_LOG_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The longest record that is made, with room. */
#define LOG_TEXT_MAX 65536

struct log_text {
	char bytes[LOG_TEXT_MAX];
	size_t len;
};

/* Append; what does not fit ends the program. */
void log_text_add(struct log_text *text, const char *string);
void log_text_add_bytes(struct log_text *text, const char *bytes, size_t len);
void log_text_add_number(struct log_text *text, uint64_t number);

/* Two digits. */
void log_text_add_pair(struct log_text *text, unsigned number);

/* "20fd5006-645b-42be-e9de-08db592255ac", of two numbers. */
void log_text_add_guid(struct log_text *text, uint64_t high, uint64_t low);

/* The same 16 bytes as a token id: base64url, the first three fields little-endian. */
void log_text_add_token(struct log_text *text, uint64_t high, uint64_t low);

/* "2023-05-20T11:07:00", in UTC. */
void log_text_add_time(struct log_text *text, int64_t time_s);

/* Mix numbers into one (splitmix64). */
uint64_t log_mix(uint64_t seed, uint64_t number);

#endif
