/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Appending, and splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
 */
#include "test/maker/log_text.h"

#include "test/maker/text.h"

#include <string.h>
#include <time.h>

void
log_text_add_bytes(struct log_text *text, const char *bytes, size_t len)
{
	if (len > sizeof(text->bytes) - text->len)
		maker_fail("a record is longer than %d bytes", LOG_TEXT_MAX);
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

void
log_text_add(struct log_text *text, const char *string)
{
	log_text_add_bytes(text, string, strlen(string));
}

void
log_text_add_number(struct log_text *text, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	log_text_add_bytes(text, digits + at, sizeof(digits) - at);
}

void
log_text_add_pair(struct log_text *text, unsigned number)
{
	const char digits[2] = { (char)('0' + number / 10 % 10), (char)('0' + number % 10) };

	log_text_add_bytes(text, digits, sizeof(digits));
}

static void
to_bytes(uint64_t high, uint64_t low, uint8_t bytes[16])
{
	for (unsigned i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(high >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
}

void
log_text_add_guid(struct log_text *text, uint64_t high, uint64_t low)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[16];
	char guid[36];
	size_t len = 0;

	to_bytes(high, low, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			guid[len++] = '-';
		guid[len++] = hex[bytes[i] >> 4];
		guid[len++] = hex[bytes[i] & 15];
	}
	log_text_add_bytes(text, guid, sizeof(guid));
}

void
log_text_add_token(struct log_text *text, uint64_t high, uint64_t low)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t bytes[16], lying[18] = { 0 };
	char token[24];

	to_bytes(high, low, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		lying[i] = bytes[order[i]];
	for (size_t i = 0; i < 6; i++) {
		uint32_t bits = (uint32_t)lying[3 * i] << 16 | (uint32_t)lying[3 * i + 1] << 8 | lying[3 * i + 2];

		for (size_t j = 0; j < 4; j++)
			token[4 * i + j] = alphabet[bits >> (18 - 6 * j) & 63];
	}
	log_text_add_bytes(text, token, 22);
}

void
log_text_add_time(struct log_text *text, int64_t time_s)
{
	static int64_t last_day = -1;
	static char date[11];
	int64_t day = time_s / 86400;
	unsigned second = (unsigned)(time_s % 86400);

	/* The calendar is asked once for a day of records. */
	if (day != last_day) {
		time_t midnight = (time_t)(day * 86400);
		struct tm parts;

		(void)gmtime_r(&midnight, &parts);
		(void)strftime(date, sizeof(date), "%Y-%m-%d", &parts);
		last_day = day;
	}
	log_text_add_bytes(text, date, 10);
	log_text_add(text, "T");
	log_text_add_pair(text, second / 3600);
	log_text_add(text, ":");
	log_text_add_pair(text, second / 60 % 60);
	log_text_add(text, ":");
	log_text_add_pair(text, second % 60);
}

uint64_t
log_mix(uint64_t seed, uint64_t number)
{
	uint64_t mixed = seed + (number + 1) * UINT64_C(0x9E3779B97F4A7C15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
	return mixed ^ mixed >> 31;
}
