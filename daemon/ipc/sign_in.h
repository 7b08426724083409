/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What issuer and verifier say to each other: VERIFY and VERIFIED.
 *
 * The issuer parses the internet and believes nothing; it puts what a client or user presented into typed fields and
 * hands it over. The verifier checks all of it, opens the tickets, and answers with an error code of OAuth and what may
 * be shown. sign_in_requests.def has the requests, sign_in_statuses.def the answers.
 *
 * A request is a head, the structure of its row, then four long texts whose lengths the head states; an answer is one
 * structure. What a stranger wrote that does not fit its field is refused by the issuer with the request's error.
 */
#ifndef MM_DAEMON_IPC_SIGN_IN_H
#define MM_DAEMON_IPC_SIGN_IN_H

#include "daemon/ipc/mint.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Long texts. */
#define MM_ASSERTION_LEN_MAX 8192
#define MM_SIGN_IN_PROOF_LEN_MAX 8192
#define MM_SIGN_IN_TOKEN_LEN_MAX MM_TOKEN_LEN_MAX

/* Secrets that the verifier makes are 256 random bits in base64url. */
#define MM_SECRET_TEXT_LEN 43

#define MM_SIGN_IN_URI_LEN_MAX 1022
#define MM_SIGN_IN_PASSWORD_LEN_MAX 510 /* crypt(3) takes 511 */
#define MM_SIGN_IN_NAME_LEN_MAX 126
#define MM_USER_CODE_LEN 9 /* "BCDF-GHJK" */

/* In the address of a realm whose issuer is a template, the segment that stands for any tenant. */
#define MM_TENANT_ANY "common"

enum mm_sign_in_request {
	MM_SIGN_IN_NOTHING,
#define MM_SIGN_IN_REQUEST(name, structure, path, authenticates) MM_ASK_##name,
#include "daemon/ipc/sign_in_requests.def"
#undef MM_SIGN_IN_REQUEST
	MM_SIGN_IN_REQUEST_COUNT
};

enum mm_sign_in_status {
#define MM_SIGN_IN_STATUS(name, error, http) MM_SIGN_IN_##name,
#include "daemon/ipc/sign_in_statuses.def"
#undef MM_SIGN_IN_STATUS
	MM_SIGN_IN_STATUS_COUNT
};

/* How the client showed who it is: the one way it used; more than one is invalid_request, the issuer's to say. */
enum mm_client_method {
	MM_CLIENT_NONE,         /* client_id alone: public clients; with has_certificate it may be mTLS (RFC 8705) */
	MM_CLIENT_SECRET_BASIC, /* secret */
	MM_CLIENT_SECRET_POST,  /* secret */
	MM_CLIENT_ASSERTION,    /* private_key_jwt: the long text 'assertion'; client_id may be empty */
};

/* Every member of 8 bytes first, so that there are no holes. Behind it: the row's structure, then the long texts. */
struct mm_verify_head {
	uint64_t number;          /* the issuer's own, for the answer; never 0 */
	uint16_t request;         /* enum mm_sign_in_request */
	uint16_t client_method;   /* enum mm_client_method */
	uint16_t assertion_len;   /* client_assertion */
	uint16_t proof_len;       /* the header field DPoP */
	uint16_t token_len;       /* subject_token, or the token to revoke, introspect or answer for */
	uint16_t zero;
	uint8_t proof_count;      /* how often the field DPoP stands there: 0, 1, 2 for more */
	uint8_t is_get;           /* 1: the method is GET, 0: it is POST; for DPoP's htm */
	uint8_t has_certificate;  /* 1: TLS saw one, and that the client holds its key */
	uint8_t certificate_trusted; /* 1: it leads to an authority of the configuration: its subject counts */
	uint8_t address[16];      /* the client's, IPv4 mapped into IPv6 */
	uint8_t certificate_digest[MM_DIGEST_LEN]; /* SHA-256 of its DER */
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) tenant;   /* the segment of the address in a realm of a template, else empty */
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client_id;
	MM_MINT_TEXT(254) secret;              /* client_secret */
	MM_MINT_TEXT(510) certificate_subject; /* RFC 4514 */
	char padding[4];
};

enum mm_challenge_method {
	MM_CHALLENGE_ABSENT, /* no code_challenge */
	MM_CHALLENGE_S256,
	MM_CHALLENGE_OTHER,  /* "plain", none stated (which means plain), or unknown */
};

/* What an authorization request says. The page carries it along; every time it is checked anew. 'state' is not here. */
struct mm_authorize {
	int64_t max_age_s;          /* -1: not stated */
	uint8_t response_type_code; /* 1: response_type is "code" */
	uint8_t challenge_method;   /* enum mm_challenge_method */
	uint8_t has_redirect_uri;
	uint8_t has_scope;
	uint8_t has_resource;       /* 1: one; more than one is invalid_target, the issuer's to say */
	uint8_t has_dpop_jkt;
	uint8_t has_nonce;
	uint8_t zero;
	uint8_t dpop_jkt[MM_DIGEST_LEN]; /* RFC 9449 section 10 */
	MM_MINT_TEXT(MM_SIGN_IN_URI_LEN_MAX) redirect_uri;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) resource;
	MM_MINT_TEXT(MM_MINT_NONCE_LEN_MAX) nonce;
	MM_MINT_TEXT(62) code_challenge;
	char padding[6];
};

struct mm_ask_authorize {
	struct mm_authorize authorize;
	uint8_t consent; /* of AUTHORIZE: 1: the user pressed the button that says so, in a form of this session */
	uint8_t zero[7];
	MM_MINT_TEXT(62) cookie; /* of the session; empty: none */
};

struct mm_ask_sign_in {
	struct mm_authorize authorize; /* all zeroes but max_age_s without for_authorize */
	uint8_t for_authorize; /* 0: for its own sake, or the device page */
	uint8_t zero[7];
	MM_MINT_TEXT(MM_MAILBOX_LEN_MAX) username;
	MM_MINT_TEXT(MM_SIGN_IN_PASSWORD_LEN_MAX) password;
	MM_MINT_TEXT(62) cookie; /* of an older session of this browser, which ends */
	MM_MINT_TEXT(62) device; /* the cookie of this browser (mm_verified.device); empty: none */
};

struct mm_ask_session {
	MM_MINT_TEXT(62) cookie;
};

struct mm_ask_sign_out {
	MM_MINT_TEXT(62) cookie;
	MM_MINT_TEXT(MM_SIGN_IN_URI_LEN_MAX) redirect_uri; /* post_logout_redirect_uri; empty: none */
};

struct mm_ask_code {
	uint8_t has_redirect_uri;
	uint8_t has_resource;
	uint8_t has_verifier;
	uint8_t zero;
	MM_MINT_TEXT(62) code;
	MM_MINT_TEXT(128) verifier; /* RFC 7636 section 4.1 */
	MM_MINT_TEXT(MM_SIGN_IN_URI_LEN_MAX) redirect_uri;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) resource;
};

struct mm_ask_refresh {
	uint8_t has_scope;
	uint8_t has_resource;
	MM_MINT_TEXT(62) refresh_token;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) resource;
};

struct mm_ask_client_credentials {
	uint8_t has_scope;
	uint8_t has_resource;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) resource;
};

struct mm_ask_device_start {
	uint8_t has_scope;
	uint8_t has_resource;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) resource;
};

enum mm_device_decision {
	MM_DEVICE_LOOK, /* show whose request it is */
	MM_DEVICE_ALLOW,
	MM_DEVICE_DENY,
};

struct mm_ask_device_user {
	uint8_t decision; /* enum mm_device_decision; ALLOW and DENY come from a form of this session */
	uint8_t zero;
	MM_MINT_TEXT(62) cookie;
	MM_MINT_TEXT(30) user_code; /* as it was typed: case, spaces and hyphens do not matter */
};

struct mm_ask_device_poll {
	uint8_t has_resource;
	uint8_t zero;
	MM_MINT_TEXT(62) device_code;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) resource;
};

/* RFC 8693 section 3: the types that may stand in subject_token_type and requested_token_type. */
enum mm_exchange_type {
	MM_EXCHANGE_ABSENT,
	MM_EXCHANGE_ACCESS_TOKEN,
	MM_EXCHANGE_JWT,
	MM_EXCHANGE_OTHER, /* another, or unknown */
};

struct mm_ask_exchange {
	uint8_t subject_type;   /* enum mm_exchange_type */
	uint8_t requested_type; /* enum mm_exchange_type */
	uint8_t has_actor;      /* 1: there is an actor_token: none is supported */
	uint8_t has_scope;
	uint8_t has_target;     /* 'resource' or 'audience', one of both */
	uint8_t zero;
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope;
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) target;
};

enum mm_token_hint {
	MM_HINT_NONE, /* or one that is not known (RFC 7009 section 2.1) */
	MM_HINT_ACCESS_TOKEN,
	MM_HINT_REFRESH_TOKEN,
};

struct mm_ask_token_hint {
	uint16_t hint; /* enum mm_token_hint */
};

struct mm_ask_userinfo {
	uint8_t is_dpop; /* 1: "Authorization: DPoP", 0: Bearer */
	uint8_t zero;
};

/* VERIFIED. What a status other than OK does not name is zero. */
struct mm_verified {
	uint64_t number;      /* of the request */
	uint16_t status;      /* enum mm_sign_in_status */
	uint8_t may_redirect; /* 1: client and address belong together: the answer or error may be sent there */
	uint8_t has_access;   /* 1: ticket_access is one, to be spent at once */
	uint8_t has_identity; /* 1: ticket_identity is one: an ID token */
	uint8_t sender_key;   /* enum mm_sender_key of the access token: its token_type is DPoP for MM_SENDER_DPOP */
	uint8_t signed_in;    /* 1: the cookie is good for this request: no password is asked */
	uint8_t consent;      /* 1: the user must agree before AUTHORIZE */
	uint8_t active;       /* of INTROSPECT; what follows says of what */
	uint8_t is_refresh;   /* of INTROSPECT: 1: a refresh token */
	/* Of DEVICE_USER: 1: he decided. Of SIGN_OUT: 1: a session was ended, and, unless OK, gates do not know yet. */
	uint8_t done;
	uint8_t cannot_record;  /* 1: the verifier's table cannot be written, so that nothing is issued */
	uint32_t retry_after_s; /* of TOO_MANY_ATTEMPTS and TEMPORARILY_UNAVAILABLE */
	uint32_t expires_in_s;  /* of the access token, or the device code */
	uint32_t interval_s;    /* of device codes */
	uint32_t cookie_age_s;  /* how long the session lasts at most */
	uint32_t zero2;
	int64_t auth_time_s;    /* 0: nobody signed in */
	int64_t iat_s, exp_s;   /* of INTROSPECT */
	uint8_t ticket_access[MM_TICKET_LEN];
	uint8_t ticket_identity[MM_TICKET_LEN];
	uint8_t sender_thumbprint[MM_DIGEST_LEN]; /* of INTROSPECT's cnf, where sender_key is one */
	MM_MINT_TEXT(126) description; /* error_description: a constant sentence of ours */
	MM_MINT_TEXT(MM_MINT_CLIENT_LEN_MAX) client_id;
	MM_MINT_TEXT(MM_SIGN_IN_NAME_LEN_MAX) client_name; /* to be shown: UTF-8, escape it */
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) tenant;   /* its id, which fills the issuer's template */
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) subject;
	MM_MINT_TEXT(MM_MINT_ID_LEN_MAX) session;  /* sid */
	MM_MINT_TEXT(MM_MAILBOX_LEN_MAX) username; /* the mailbox */
	MM_MINT_TEXT(MM_SIGN_IN_NAME_LEN_MAX) name; /* display name: UTF-8, escape it */
	MM_MINT_TEXT(MM_MINT_SCOPE_LEN_MAX) scope; /* that was granted, or is asked for */
	MM_MINT_TEXT(MM_MINT_AUDIENCE_LEN_MAX) audience;
	MM_MINT_TEXT(62) token_id;      /* of INTROSPECT: jti */
	MM_MINT_TEXT(62) code;          /* the authorization code */
	MM_MINT_TEXT(62) cookie;        /* the session's new cookie; HttpOnly, SameSite=Lax */
	MM_MINT_TEXT(62) device;        /* this browser's, for the next sign-in of this user; 180 days, HttpOnly */
	MM_MINT_TEXT(62) refresh_token;
	MM_MINT_TEXT(62) device_code;
	MM_MINT_TEXT(30) user_code;
	MM_MINT_TEXT(62) dpop_nonce;    /* for the client's next proof, whatever the status is; empty: none is needed */
	char padding[6];
};

/* A request in parts, as it is written and as it is read; the long texts are borrowed, absent where there is none. */
struct mm_verify {
	struct mm_verify_head head;
	union {
		struct mm_ask_authorize authorize; /* AUTHORIZE_CHECK, AUTHORIZE */
		struct mm_ask_sign_in sign_in;
		struct mm_ask_session session;
		struct mm_ask_sign_out sign_out;
		struct mm_ask_code code;
		struct mm_ask_refresh refresh;
		struct mm_ask_client_credentials client_credentials;
		struct mm_ask_device_start device_start;
		struct mm_ask_device_user device_user;
		struct mm_ask_device_poll device_poll;
		struct mm_ask_exchange exchange;
		struct mm_ask_token_hint token_hint; /* REVOKE, INTROSPECT */
		struct mm_ask_userinfo userinfo;
	} ask;
	struct mm_slice assertion, proof, token;
};

#define MM_VERIFY_LEN_MAX 65000

/* Room for the payload of a request; a password or secret may lie in it: wipe it. */
struct mm_verify_room {
	size_t len;
	unsigned char bytes[MM_VERIFY_LEN_MAX];
};

/*
 * Write the payload of VERIFY; the head's lengths of long texts are set from them. False where the request is none, or
 * a long text is too long.
 */
MM_MUST_USE bool mm_verify_write(struct mm_verify *verify, struct mm_verify_room *room);

/*
 * Read a payload: *verify is a copy of it whose long texts point into payload. False where it is none: another length
 * than its head says, an unknown number, a text longer than its field, anything but zeroes where zeroes belong, a flag
 * that is neither 0 nor 1. Not checked here: what the texts say.
 */
MM_MUST_USE bool mm_verify_read(struct mm_slice payload, struct mm_verify *verify);

/* The same of VERIFIED; *verified is a copy. */
MM_MUST_USE bool mm_verified_read(struct mm_slice payload, struct mm_verified *verified);

MM_NO_HOLES(mm_verify_head, 1040);
MM_NO_HOLES(mm_authorize, 2680);
MM_NO_HOLES(mm_ask_authorize, 2752);
MM_NO_HOLES(mm_ask_sign_in, 3584);
MM_NO_HOLES(mm_ask_code, 1480);
MM_NO_HOLES(mm_ask_exchange, 1288);
MM_NO_HOLES(mm_verified, 2864);

const char *mm_sign_in_request_path(enum mm_sign_in_request request); /* "/token"; "" where it has none */
bool mm_sign_in_request_authenticates(enum mm_sign_in_request request);
const char *mm_sign_in_status_error(enum mm_sign_in_status status); /* "invalid_grant" */
unsigned mm_sign_in_status_http(enum mm_sign_in_status status);

#endif
