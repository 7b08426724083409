/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: what one record of a foreign log says, in one form whatever log it came from.
 *
 * It has a fixed size and no pointers, so that ten million of them are sorted on a disk. Texts are ids of a table of
 * names (engine/logs/names.h); 0 there, and all zeroes elsewhere, mean that the record does not say. Empty, missing,
 * null and a GUID of zeroes are one. Everything in it is what the log claims; nothing was verified.
 */
#ifndef MM_ENGINE_LOGS_EVENT_H
#define MM_ENGINE_LOGS_EVENT_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stdint.h>

/* Which kind of log a record is from. Records of one family that have one record id are one record. */
enum mm_logs_family {
	MM_LOGS_M365_AUDIT,  /* the unified audit log, whoever exported it */
	MM_LOGS_SIGN_INS,    /* Entra sign-in logs */
	MM_LOGS_DIRECTORY,   /* Entra directory audit */
	MM_LOGS_DOVECOT,
	MM_LOGS_FAMILIES
};

enum mm_logs_kind {
	MM_LOGS_OTHER,         /* nothing that a detection asks for; its time still counts as covered */
	MM_LOGS_MAIL_ACCESS,   /* mail was read: MailItemsAccessed, MessageBind, FolderBind */
	MM_LOGS_MAIL_ACTION,   /* mail was sent, moved, deleted, …; a mailbox was signed in to */
	MM_LOGS_SIGN_IN,       /* a token was asked for at the issuer, or a session began there */
	MM_LOGS_CHANGE,        /* a setting, a permission, a credential: see change */
	MM_LOGS_LOGIN,         /* a login at a mail server (Dovecot) */
	MM_LOGS_LOGOUT,        /* its end; count is the bytes that it sent, where told */
	MM_LOGS_KINDS
};

enum mm_logs_access {
	MM_LOGS_ACCESS_UNKNOWN,
	MM_LOGS_BIND,         /* single messages, named in the record */
	MM_LOGS_SYNC,         /* a whole folder: everything in it counts as read */
	MM_LOGS_MESSAGE_BIND, /* the older MessageBind: one message, by an administrator or delegate */
	MM_LOGS_FOLDER_BIND,  /* the older FolderBind: a folder was opened */
};

enum mm_logs_sign_in {
	MM_LOGS_SIGN_IN_UNKNOWN,
	MM_LOGS_INTERACTIVE,
	MM_LOGS_NON_INTERACTIVE,
	MM_LOGS_SERVICE_PRINCIPAL, /* an application by itself */
	MM_LOGS_MANAGED_IDENTITY,
};

enum mm_logs_result {
	MM_LOGS_RESULT_UNKNOWN,
	MM_LOGS_DONE,
	MM_LOGS_FAILED,
	MM_LOGS_INTERRUPTED, /* more was asked for: a second factor, consent, "stay signed in?"; no token yet */
};

enum mm_logs_logon {
	MM_LOGS_LOGON_UNKNOWN,
	MM_LOGS_OWNER,
	MM_LOGS_ADMIN,
	MM_LOGS_DELEGATE,
	MM_LOGS_LOGON_OTHER, /* transport, system service, … */
};

enum mm_logs_change {
	MM_LOGS_CHANGE_NONE,
#define MM_CHANGE(id, name) MM_LOGS_CHANGE_##id,
#include "engine/logs/changes.def"
#undef MM_CHANGE
	MM_LOGS_CHANGES
};

/* Bits of an event's flags. */
enum mm_logs_flag {
	MM_LOGS_THROTTLED = 1 << 0,      /* IsThrottled: logging of this mailbox stopped, for up to 24 hours */
	MM_LOGS_EXTERNAL = 1 << 1,       /* ExternalAccess: no user of the tenant */
	MM_LOGS_APP_ONLY = 1 << 2,       /* by an application, for no user */
	MM_LOGS_ACTOR_TOKEN = 1 << 3,    /* a user's name, and a service's that acted as the user: impersonation */
	MM_LOGS_TIME_NO_ZONE = 1 << 4,   /* the record's time named no zone and was taken as UTC */
	MM_LOGS_TIME_DOUBTFUL = 1 << 5,  /* mended (17:08:65), or years before the service */
	MM_LOGS_TIME_FUTURE = 1 << 6,    /* more than a day after the clock of the one who reads */
	MM_LOGS_TOKEN_DERIVED = 1 << 7,  /* the token id is the request id: the same number */
	MM_LOGS_MULTI_FACTOR = 1 << 8,   /* a sign-in that asked for a second factor */
	MM_LOGS_ITEMS_CUT = 1 << 9,      /* the export lost folders or messages (System.Object[]) */
	MM_LOGS_ADMIN_CONSENT = 1 << 10, /* consent for the whole tenant */
	MM_LOGS_TLS = 1 << 11,           /* a login over TLS */
	MM_LOGS_PARTIAL = 1 << 12,       /* of a table that leaves out members of the record: tokens, sessions, items */
};

/* Class of an address. */
enum mm_logs_network {
	MM_LOGS_NO_ADDRESS,
	MM_LOGS_UNREADABLE, /* something stands there that is no address; address_text has it */
	MM_LOGS_PUBLIC,
	MM_LOGS_PROVIDER,   /* the provider's own: 2603:1000::/24 and its like (half of the mail accesses on record) */
	MM_LOGS_PRIVATE,    /* RFC 1918, RFC 4193, link-local, shared (RFC 6598) */
	MM_LOGS_LOCAL,      /* loopback, unspecified */
};

/* An address: 16 bytes as RFC 4291 has them, IPv4 as ::ffff:0:0/96. The port of what was written is gone. */
struct mm_logs_address {
	uint8_t bytes[16];
	uint8_t network; /* enum mm_logs_network */
};

/*
 * An id that a log gives to a record, token or session.
 *
 * The same number is written as a GUID and, for a token, as base64url of the GUID's bytes (three little-endian fields
 * first): both are kept as GUID bytes in the order in which they are read aloud, so that the token id of a mail access
 * equals the request id of the sign-in that the token is from. Others up to 16 bytes are kept as they stand.
 */
enum mm_logs_id_kind {
	MM_LOGS_NO_ID,
	MM_LOGS_GUID,
	MM_LOGS_SHORT, /* text, NUL behind it where shorter than 16 */
	MM_LOGS_NAMED, /* a longer text: bytes hold its name's id (uint32_t, as it lies in memory), then zeroes */
};

struct mm_logs_id {
	uint8_t bytes[16];
	uint8_t kind; /* enum mm_logs_id_kind */
};

/*
 * Where the record stands: offset and length in the text of an input (after decompression and conversion to UTF-8,
 * without a byte order mark). mm_logs_again() gets at it.
 */
struct mm_logs_place {
	uint64_t offset;
	uint32_t length;
	uint16_t input; /* number of the input in its reading */
	uint8_t shape;  /* number of its row of the table of shapes */
	uint8_t family; /* enum mm_logs_family */
};

#define MM_LOGS_NO_TIME INT64_MIN

/* 2010-01-01, before the services began: what is older is a clock's mistake (MM_LOGS_STEP_TIME_EARLY). */
#define MM_LOGS_EARLIEST_US (INT64_C(1262304000) * 1000000)

struct mm_logs_event {
	int64_t time_us;   /* since 1970, UTC; MM_LOGS_NO_TIME: the record has none that can be read */
	int64_t issued_us; /* when its token was issued, or MM_LOGS_NO_TIME */
	struct mm_logs_place place;
	uint64_t size;         /* bytes of the messages named, where the record tells sizes */
	uint32_t count;        /* OperationCount: how often, in the minutes that the record stands for; 0: not told */
	uint32_t messages;     /* messages that the record names */
	uint32_t folders;      /* folders that it names */
	uint32_t error;        /* of a sign-in: the issuer's number, 0: none */

	/* Names. Users, mailboxes and applications are in lower case. */
	uint32_t operation;    /* without the full stop that some exports write behind it */
	uint32_t tenant;       /* id (a GUID) of the organisation whose log it is */
	uint32_t organisation; /* its name: a domain */
	uint32_t user;         /* who: UPN, mail address, or what the log has for it */
	uint32_t user_key;     /* the provider's id of the user: object id, PUID */
	uint32_t mailbox;      /* whose mail: the owner's UPN; of a login, the user's */
	uint32_t mailbox_id;   /* its GUID */
	uint32_t client;       /* ClientAppId: the application that the user sees */
	uint32_t application;  /* AppId: the application or service that acted */
	uint32_t api;          /* APIId: through which interface */
	uint32_t application_name; /* as a sign-in or change tells it */
	uint32_t client_info;  /* ClientInfoString or user agent, as it stands */
	uint32_t client_family; /* its kind without versions: "owa", "rest", "webservices python-requests" */
	uint32_t actor;        /* who acted behind the user: ActorInfoString, the application that initiated a change */
	uint32_t token_tenant; /* TokenTenantId: which tenant's the token was */
	uint32_t token_user;   /* TokenObjectId: whose */
	uint32_t resource;     /* of a sign-in: for what; its id, else its name */
	uint32_t home_tenant;  /* of a sign-in: the user's own tenant */
	uint32_t token_issuer; /* of a sign-in: who made the token that came in ("saml20 http://sts…"), where told */
	uint32_t protocol;     /* of a sign-in or login: oauth2:token, imap, … */
	uint32_t method;       /* of a login: PLAIN, OAUTHBEARER, … */
	uint32_t target;       /* of a change: the application, mailbox, domain or user changed; its name, else id */
	uint32_t target_id;    /* its id */
	uint32_t added;        /* of a change: what came in; changes.def says it for each class */
	uint32_t address_text; /* what stood in place of an address */

	struct mm_logs_id record;      /* NO_ID too where it is no GUID: mm_logs_again() has its text */
	struct mm_logs_id token;
	struct mm_logs_id session;
	struct mm_logs_id correlation; /* one request's, across services */
	struct mm_logs_address address;

	uint8_t kind;    /* enum mm_logs_kind */
	uint8_t access;  /* enum mm_logs_access, of a mail access */
	uint8_t sign_in; /* enum mm_logs_sign_in */
	uint8_t result;  /* enum mm_logs_result */
	uint8_t logon;   /* enum mm_logs_logon */
	uint8_t change;  /* enum mm_logs_change */
	uint16_t flags;  /* enum mm_logs_flag */
};

/* Whether an event has a time, neither of the future nor of before the services: one that says when there was a log. */
static inline bool
mm_logs_has_right_time(const struct mm_logs_event *event)
{
	return event->time_us >= MM_LOGS_EARLIEST_US && (event->flags & MM_LOGS_TIME_FUTURE) == 0;
}

/* Whether mail was read, or lay open to be: an access, or a login at a mail server that was done. */
static inline bool
mm_logs_reads_mail(const struct mm_logs_event *event)
{
	return event->kind == MM_LOGS_MAIL_ACCESS ||
	    (event->kind == MM_LOGS_LOGIN && event->result == MM_LOGS_DONE);
}

static inline bool
mm_logs_id_present(const struct mm_logs_id *id)
{
	return id->kind != MM_LOGS_NO_ID;
}

/* Two that are absent are not equal. */
static inline bool
mm_logs_id_equal(const struct mm_logs_id *a, const struct mm_logs_id *b)
{
	return a->kind != MM_LOGS_NO_ID && memcmp(a, b, sizeof(*a)) == 0;
}

/* An event of nothing: all absent. */
void mm_logs_event_init(struct mm_logs_event *event);

/*
 * Whether an event that lay in a file can be one: each choice is one of its enumeration, each name is at most names.
 * Not checked here: its place.
 */
bool mm_logs_event_check(const struct mm_logs_event *event, uint32_t names);

/* Room for an id as text: a GUID, or 16 characters; with a NUL. */
#define MM_LOGS_ID_TEXT_MAX 40

/*
 * An id as people write it, NUL-terminated: a GUID with hyphens in lower case, a short text as it stands; empty where
 * it is absent or NAMED (its text is that of mm_logs_id_name()). Returns text.
 */
const char *mm_logs_id_text(const struct mm_logs_id *id, char text[MM_LOGS_ID_TEXT_MAX]);

/* The same of a GUID as Microsoft's token ids stand in logs: base64url of 22 characters; empty where it is no GUID. */
const char *mm_logs_id_base64(const struct mm_logs_id *id, char text[MM_LOGS_ID_TEXT_MAX]);

/* The name of a NAMED id, else 0. */
uint32_t mm_logs_id_name(const struct mm_logs_id *id);

/* Room for an address as text, with a prefix length and a NUL. */
#define MM_LOGS_ADDRESS_TEXT_MAX 56

/* An address as RFC 5952 writes it, NUL-terminated; empty where there is none. Returns text. */
const char *mm_logs_address_text(const struct mm_logs_address *address, char text[MM_LOGS_ADDRESS_TEXT_MAX]);

/*
 * The network that an address counts as part of: /24 of IPv4, /48 of IPv6; the provider's own are one network, whatever
 * their address, and so are local ones. Equal bytes: the same network. Of no address: NO_ADDRESS.
 */
void mm_logs_network_of(const struct mm_logs_address *address, struct mm_logs_address *network);

/* The same as text: "192.0.2.0/24", "2001:db8:1::/48", "provider-internal", "local"; empty where there is none. */
const char *mm_logs_network_text(const struct mm_logs_address *network, char text[MM_LOGS_ADDRESS_TEXT_MAX]);

/* The words for these in reports and JSON: lower case, hyphens, stable. Not for values outside of the enumeration. */
const char *mm_logs_family_name(enum mm_logs_family family);
const char *mm_logs_kind_name(enum mm_logs_kind kind);
const char *mm_logs_access_name(enum mm_logs_access access);
const char *mm_logs_sign_in_name(enum mm_logs_sign_in type);
const char *mm_logs_result_name(enum mm_logs_result result);
const char *mm_logs_logon_name(enum mm_logs_logon logon);
const char *mm_logs_change_name(enum mm_logs_change change);

#endif
