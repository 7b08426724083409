/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of 'listen'.
 */
#include "engine/config_listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define FORMS "write \"127.0.0.1:PORT\", \"[::1]:PORT\", \"unix:/PATH\" or \"tls:ADDRESS:PORT\""

static bool
refuse(struct mm_listen_fault *fault, const char *what, const char *mend)
{
	fault->what = what;
	fault->mend = mend;
	return false;
}

static bool
parse_unix(const char *path, struct mm_listen *listen, struct mm_listen_fault *fault)
{
	if (path[0] != '/')
		return refuse(fault, "names a socket by a relative path", "write unix:/PATH");
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return refuse(fault, "names a socket by a path of more than 107 bytes, which no socket can have",
		    "choose a shorter path");
	listen->kind = MM_LISTEN_UNIX;
	listen->port = 0;
	listen->address = strdup(path);
	return listen->address != NULL;
}

/* 1 to 65535 in decimal digits, no zero before them. */
static bool
parse_port(const char *text, uint16_t *port)
{
	unsigned long value;

	if (text[0] < '1' || text[0] > '9' || strspn(text, "0123456789") != strlen(text) || strlen(text) > 5)
		return false;
	value = strtoul(text, NULL, 10);
	if (value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

/*
 * Split "ADDRESS:PORT" or "[ADDRESS]:PORT"; *address is new on success. NULL in it and true: memory is short.
 * A bare IPv6 address is refused, since its last group looks like a port.
 */
static bool
split(const char *text, char **address, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t len;

	if (colon == NULL || !parse_port(colon + 1, port))
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len) != NULL) {
		return false;
	}
	*address = strndup(text, len);
	return true;
}

static bool
is_loopback(const char *address, bool *numeric)
{
	struct in6_addr six;
	struct in_addr four;

	*numeric = true;
	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, address, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	*numeric = false;
	return false;
}

static bool
parse_inet(const char *text, enum mm_listen_kind kind, struct mm_listen *listen, struct mm_listen_fault *fault)
{
	bool loopback, numeric;

	if (!split(text, &listen->address, &listen->port))
		return refuse(fault, "is no address and port", FORMS);
	if (listen->address == NULL)
		return false;
	listen->kind = kind;
	loopback = is_loopback(listen->address, &numeric);
	if (numeric && (loopback || kind == MM_LISTEN_TLS))
		return true;
	free(listen->address);
	listen->address = NULL;
	if (!numeric)
		return refuse(fault, "has a name where an address is expected", "write the address itself in numbers");
	return refuse(fault, "would carry tokens in the clear over the network",
	    "write \"tls:ADDRESS:PORT\", or listen on a loopback address behind a proxy that does TLS");
}

bool
mm_listen_parse(const char *text, struct mm_listen *listen, struct mm_listen_fault *fault)
{
	fault->what = NULL;
	fault->mend = NULL;
	listen->address = NULL;
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, listen, fault);
	if (strncmp(text, "tls:", 4) == 0)
		return parse_inet(text + 4, MM_LISTEN_TLS, listen, fault);
	return parse_inet(text, MM_LISTEN_TCP, listen, fault);
}

bool
mm_listen_same(const struct mm_listen *a, const struct mm_listen *b)
{
	return (a->kind == MM_LISTEN_UNIX) == (b->kind == MM_LISTEN_UNIX) && a->port == b->port &&
	    strcmp(a->address, b->address) == 0;
}
