/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: its words, and its ids and addresses as text.
 */
#include "engine/logs/event.h"

#include "lib/base/array.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>

/* IPv4 in IPv6: RFC 4291 section 2.5.5.2. */
static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* How much of an address names its network: a company or household of IPv4, a site of IPv6 (RFC 6177). */
#define IPV4_NETWORK_BITS 24
#define IPV6_NETWORK_BITS 48

void
mm_logs_event_init(struct mm_logs_event *event)
{
	memset(event, 0, sizeof(*event));
	event->time_us = MM_LOGS_NO_TIME;
	event->issued_us = MM_LOGS_NO_TIME;
}

/* Names stand one behind the other. */
#define NAMES_BEGIN offsetof(struct mm_logs_event, operation)
#define NAMES_END (offsetof(struct mm_logs_event, address_text) + sizeof(uint32_t))

static bool
check_id(const struct mm_logs_id *id, uint32_t names)
{
	return id->kind <= MM_LOGS_NAMED && mm_logs_id_name(id) <= names;
}

bool
mm_logs_event_check(const struct mm_logs_event *event, uint32_t names)
{
	uint32_t all[(NAMES_END - NAMES_BEGIN) / sizeof(uint32_t)];

	memcpy(all, (const char *)event + NAMES_BEGIN, sizeof(all));
	for (size_t i = 0; i < MM_COUNT_OF(all); i++)
		if (all[i] > names)
			return false;
	return check_id(&event->record, names) && check_id(&event->token, names) &&
	    check_id(&event->session, names) && check_id(&event->correlation, names) &&
	    event->address.network <= MM_LOGS_LOCAL && event->place.family < MM_LOGS_FAMILIES &&
	    event->kind < MM_LOGS_KINDS && event->access <= MM_LOGS_FOLDER_BIND &&
	    event->sign_in <= MM_LOGS_MANAGED_IDENTITY && event->result <= MM_LOGS_INTERRUPTED &&
	    event->logon <= MM_LOGS_LOGON_OTHER && event->change < MM_LOGS_CHANGES;
}

const char *
mm_logs_id_text(const struct mm_logs_id *id, char text[MM_LOGS_ID_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;

	switch ((enum mm_logs_id_kind)id->kind) {
	case MM_LOGS_GUID:
		for (size_t i = 0; i < sizeof(id->bytes); i++) {
			if (i == 4 || i == 6 || i == 8 || i == 10)
				text[len++] = '-';
			text[len++] = digits[id->bytes[i] >> 4];
			text[len++] = digits[id->bytes[i] & 15];
		}
		break;
	case MM_LOGS_SHORT:
		len = strnlen((const char *)id->bytes, sizeof(id->bytes));
		memcpy(text, id->bytes, len);
		break;
	case MM_LOGS_NO_ID:
	case MM_LOGS_NAMED:
		break;
	}
	text[len] = '\0';
	return text;
}

/* GUIDs lie in memory with their first three fields little-endian; ours are in the order of their text. */
static void
swap_fields(const uint8_t from[16], uint8_t to[16])
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16; i++)
		to[i] = from[order[i]];
}

const char *
mm_logs_id_base64(const struct mm_logs_id *id, char text[MM_LOGS_ID_TEXT_MAX])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[18] = { 0 };
	size_t len = 0;

	if (id->kind == MM_LOGS_GUID) {
		swap_fields(id->bytes, bytes);
		for (size_t i = 0; i < 18; i += 3) {
			uint32_t bits = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

			for (int shift = 18; shift >= 0; shift -= 6)
				text[len++] = alphabet[bits >> shift & 63];
		}
		len = 22; /* 128 bits */
	}
	text[len] = '\0';
	return text;
}

uint32_t
mm_logs_id_name(const struct mm_logs_id *id)
{
	uint32_t name = 0;

	if (id->kind == MM_LOGS_NAMED)
		memcpy(&name, id->bytes, sizeof(name));
	return name;
}

static bool
is_mapped(const struct mm_logs_address *address)
{
	return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

const char *
mm_logs_address_text(const struct mm_logs_address *address, char text[MM_LOGS_ADDRESS_TEXT_MAX])
{
	text[0] = '\0';
	if (address->network == MM_LOGS_NO_ADDRESS || address->network == MM_LOGS_UNREADABLE)
		return text;
	if (is_mapped(address))
		inet_ntop(AF_INET, address->bytes + sizeof(mapped), text, MM_LOGS_ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, address->bytes, text, MM_LOGS_ADDRESS_TEXT_MAX);
	return text;
}

void
mm_logs_network_of(const struct mm_logs_address *address, struct mm_logs_address *network)
{
	unsigned bits = is_mapped(address) ? 96 + IPV4_NETWORK_BITS : IPV6_NETWORK_BITS;

	memset(network, 0, sizeof(*network));
	network->network = address->network;
	if (address->network == MM_LOGS_UNREADABLE)
		network->network = MM_LOGS_NO_ADDRESS;
	if (address->network == MM_LOGS_PUBLIC || address->network == MM_LOGS_PRIVATE)
		memcpy(network->bytes, address->bytes, bits / 8);
}

const char *
mm_logs_network_text(const struct mm_logs_address *network, char text[MM_LOGS_ADDRESS_TEXT_MAX])
{
	size_t len;

	switch ((enum mm_logs_network)network->network) {
	case MM_LOGS_PUBLIC:
	case MM_LOGS_PRIVATE:
		mm_logs_address_text(network, text);
		len = strlen(text);
		snprintf(text + len, MM_LOGS_ADDRESS_TEXT_MAX - len, "/%d",
		    is_mapped(network) ? IPV4_NETWORK_BITS : IPV6_NETWORK_BITS);
		return text;
	case MM_LOGS_PROVIDER:
		return memcpy(text, "provider-internal", sizeof("provider-internal"));
	case MM_LOGS_LOCAL:
		return memcpy(text, "local", sizeof("local"));
	case MM_LOGS_NO_ADDRESS:
	case MM_LOGS_UNREADABLE:
		break;
	}
	text[0] = '\0';
	return text;
}

/* ---- words ---- */

const char *
mm_logs_family_name(enum mm_logs_family family)
{
	static const char *const names[] = { "m365-audit", "sign-ins", "directory", "dovecot" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_FAMILIES, "a name for each");
	return names[family];
}

const char *
mm_logs_kind_name(enum mm_logs_kind kind)
{
	static const char *const names[] = { "other", "mail-access", "mail-action", "sign-in", "change", "login",
		"logout" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_KINDS, "a name for each");
	return names[kind];
}

const char *
mm_logs_access_name(enum mm_logs_access access)
{
	static const char *const names[] = { "unknown", "bind", "sync", "message-bind", "folder-bind" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_FOLDER_BIND + 1, "a name for each");
	return names[access];
}

const char *
mm_logs_sign_in_name(enum mm_logs_sign_in type)
{
	static const char *const names[] = { "unknown", "interactive", "non-interactive", "service-principal",
		"managed-identity" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_MANAGED_IDENTITY + 1, "a name for each");
	return names[type];
}

const char *
mm_logs_result_name(enum mm_logs_result result)
{
	static const char *const names[] = { "unknown", "done", "failed", "interrupted" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_INTERRUPTED + 1, "a name for each");
	return names[result];
}

const char *
mm_logs_logon_name(enum mm_logs_logon logon)
{
	static const char *const names[] = { "unknown", "owner", "admin", "delegate", "other" };

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_LOGON_OTHER + 1, "a name for each");
	return names[logon];
}

const char *
mm_logs_change_name(enum mm_logs_change change)
{
	static const char *const names[] = { "none",
#define MM_CHANGE(id, name) name,
#include "engine/logs/changes.def"
#undef MM_CHANGE
	};

	_Static_assert(MM_COUNT_OF(names) == MM_LOGS_CHANGES, "a name for each");
	return names[change];
}
