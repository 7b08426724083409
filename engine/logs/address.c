/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 is the usual case and read here; IPv6 goes through inet_pton().
 */
#include "engine/logs/address.h"

#include "lib/base/array.h"

#include <arpa/inet.h>

struct network_row {
	uint8_t bytes[16];
	uint8_t bits;
	enum mm_logs_network network;
};

/* The prefix of an IPv4 network among IPv6 ones. */
#define V4(a, b, c, d) { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }

/*
 * What is not simply public; the first row that fits is taken. The provider's networks are those that it publishes for
 * Exchange Online ("Office 365 URLs and IP address ranges", id 1) and 2603:1000::/24, its data centres, whose
 * addresses stand in half of all mail accesses: its own services read the mail there, for whomever.
 */
static const struct network_row networks[] = {
	{ V4(127, 0, 0, 0), 96 + 8, MM_LOGS_LOCAL },
	{ V4(0, 0, 0, 0), 96 + 8, MM_LOGS_LOCAL },
	{ V4(10, 0, 0, 0), 96 + 8, MM_LOGS_PRIVATE },
	{ V4(172, 16, 0, 0), 96 + 12, MM_LOGS_PRIVATE },
	{ V4(192, 168, 0, 0), 96 + 16, MM_LOGS_PRIVATE },
	{ V4(100, 64, 0, 0), 96 + 10, MM_LOGS_PRIVATE },
	{ V4(169, 254, 0, 0), 96 + 16, MM_LOGS_PRIVATE },
	{ V4(40, 96, 0, 0), 96 + 13, MM_LOGS_PROVIDER },
	{ V4(40, 104, 0, 0), 96 + 15, MM_LOGS_PROVIDER },
	{ V4(52, 96, 0, 0), 96 + 14, MM_LOGS_PROVIDER },
	{ V4(13, 107, 6, 152), 96 + 31, MM_LOGS_PROVIDER },
	{ V4(13, 107, 18, 10), 96 + 31, MM_LOGS_PROVIDER },
	{ V4(13, 107, 128, 0), 96 + 22, MM_LOGS_PROVIDER },
	{ V4(23, 103, 160, 0), 96 + 20, MM_LOGS_PROVIDER },
	{ V4(132, 245, 0, 0), 96 + 16, MM_LOGS_PROVIDER },
	{ V4(150, 171, 32, 0), 96 + 22, MM_LOGS_PROVIDER },
	{ { 0 }, 127, MM_LOGS_LOCAL }, /* :: and ::1 */
	{ { 0x26, 0x03, 0x10 }, 24, MM_LOGS_PROVIDER },
	{ { 0x2a, 0x01, 0x01, 0x11 }, 32, MM_LOGS_PROVIDER },
	{ { 0x26, 0x20, 0x01, 0xec }, 36, MM_LOGS_PROVIDER },
	{ { 0xfc }, 7, MM_LOGS_PRIVATE },
	{ { 0xfe, 0x80 }, 10, MM_LOGS_PRIVATE },
};

static bool
is_in(const uint8_t bytes[16], const struct network_row *row)
{
	size_t whole = row->bits / 8;
	unsigned left = row->bits % 8;

	return memcmp(bytes, row->bytes, whole) == 0 &&
	    (left == 0 || bytes[whole] >> (8 - left) == row->bytes[whole] >> (8 - left));
}

static enum mm_logs_network
network_class(const uint8_t bytes[16])
{
	for (size_t i = 0; i < MM_COUNT_OF(networks); i++)
		if (is_in(bytes, &networks[i]))
			return networks[i].network;
	return MM_LOGS_PUBLIC;
}

/* Four numbers with dots; returns the place behind them, or NULL. */
static const char *
parse_v4(const char *at, const char *end, uint8_t bytes[4])
{
	for (size_t i = 0; i < 4; i++) {
		unsigned number = 0, digits = 0;

		if (i > 0 && (at == end || *at++ != '.'))
			return NULL;
		for (; digits < 3 && at < end && *at >= '0' && *at <= '9'; digits++)
			number = number * 10 + (unsigned)(*at++ - '0');
		if (digits == 0 || number > 255)
			return NULL;
		bytes[i] = (uint8_t)number;
	}
	return at;
}

/* A colon and a number, or nothing. */
static bool
is_port(const char *at, const char *end)
{
	if (at == end)
		return true;
	if (*at++ != ':' || at == end || end - at > 5)
		return false;
	for (; at < end; at++)
		if (*at < '0' || *at > '9')
			return false;
	return true;
}

static bool
parse_v6(struct mm_slice text, struct mm_logs_address *address)
{
	const char *zone = memchr(text.ptr, '%', text.len);
	char copy[INET6_ADDRSTRLEN];

	if (zone != NULL)
		text.len = (size_t)(zone - text.ptr);
	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return inet_pton(AF_INET6, copy, address->bytes) == 1;
}

static struct mm_slice
first_of_list(struct mm_slice text, unsigned *notes)
{
	const char *comma = memchr(text.ptr, ',', text.len);

	if (comma != NULL) {
		*notes |= MM_ADDRESS_LIST;
		text.len = (size_t)(comma - text.ptr);
	}
	while (text.len > 0 && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

/* "[2001:db8::1]:51000": the text between the brackets; absent where they do not fit. */
static struct mm_slice
within_brackets(struct mm_slice text)
{
	const char *closing = memchr(text.ptr, ']', text.len);

	if (closing == NULL || !is_port(closing + 1, text.ptr + text.len))
		return MM_SLICE_ABSENT;
	return mm_slice(text.ptr + 1, (size_t)(closing - text.ptr - 1));
}

static bool
parse(struct mm_slice text, struct mm_logs_address *address, unsigned *notes)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	const char *end = text.ptr + text.len, *behind = parse_v4(text.ptr, end, address->bytes + 12);

	if (behind != NULL && is_port(behind, end)) {
		*notes |= behind < end ? MM_ADDRESS_PORT : 0U;
		memcpy(address->bytes, mapped, sizeof(mapped));
		return true;
	}
	if (text.len > 0 && text.ptr[0] == '[') {
		*notes |= MM_ADDRESS_BRACKETS;
		text = within_brackets(text);
	}
	if (!mm_slice_present(text) || !parse_v6(text, address))
		return false;
	if (memcmp(address->bytes, mapped, sizeof(mapped)) == 0)
		*notes |= MM_ADDRESS_MAPPED;
	return true;
}

bool
mm_logs_address_parse(struct mm_slice text, struct mm_logs_address *address, unsigned *notes)
{
	memset(address, 0, sizeof(*address));
	*notes = 0;
	if (parse(first_of_list(text, notes), address, notes)) {
		address->network = (uint8_t)network_class(address->bytes);
		return true;
	}
	memset(address, 0, sizeof(*address));
	address->network = MM_LOGS_UNREADABLE;
	return false;
}
