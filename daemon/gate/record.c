/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a decision to its record. The token itself is never written.
 */
#include "daemon/gate/record.h"

#include "daemon/gate/logins.h"
#include "lib/token/facts.h"
#include "lib/trust/find.h"

#include <stdio.h>
#include <time.h>

#define US_PER_S 1000000

static void
set_facts(struct mm_journal_record *record, const struct mm_facts *facts)
{
	struct mm_slice *fields = record->fields;

	record->verified = facts->verified;
	fields[MM_JF_KID] = facts->kid;
	fields[MM_JF_ISSUER] = facts->issuer;
	fields[MM_JF_TENANT_ID] = facts->tenant_id;
	fields[MM_JF_SUBJECT] = facts->subject;
	fields[MM_JF_CLIENT] = facts->client;
	fields[MM_JF_TOKEN_ID] = facts->token_id;
	fields[MM_JF_PARENT] = facts->parent;
	fields[MM_JF_ROOT] = facts->root;
	fields[MM_JF_SESSION] = facts->session;
	fields[MM_JF_SCOPE] = facts->scope;
	fields[MM_JF_MAILBOX] = facts->mailbox;
	if (facts->realm != NULL)
		fields[MM_JF_REALM] = facts->realm->name;
	if (facts->tenant != NULL)
		fields[MM_JF_TENANT] = facts->tenant->name;
	if (facts->key != NULL)
		fields[MM_JF_THUMBPRINT] = facts->key->thumbprint_text;
}

/* Whom a question of a mail server is about: the mailbox, or, at a service without mailboxes, the subject. */
static struct mm_slice
login_name(const struct mm_journal_record *record, const struct mm_service *service)
{
	const struct mm_slice *fields = record->fields;

	if (mm_slice_present(fields[MM_JF_MAILBOX_ASKED]))
		return fields[MM_JF_MAILBOX_ASKED];
	return mm_service_has_mailboxes(service) ? fields[MM_JF_MAILBOX] : fields[MM_JF_SUBJECT];
}

/* What the caller said of the login before it asked. It is his word; a session that a token names is another thing. */
static void
set_login(struct mm_journal_record *record, const struct gate_exchange *exchange, struct gate_login *login)
{
	struct mm_slice *fields = record->fields;
	const struct gate_login_key key = { fields[MM_JF_SERVICE], fields[MM_JF_CALLER],
		login_name(record, exchange->service) };

	if (!mm_slice_present(key.caller) || !mm_slice_present(key.name) ||
	    !gate_logins_find(exchange->gate->logins, &key, record->time_us / US_PER_S, login))
		return;
	fields[MM_JF_SOURCE] = mm_slice_str(login->source);
	fields[MM_JF_PROTOCOL] = mm_slice_str(login->protocol);
	if (login->session[0] != '\0')
		fields[MM_JF_LOGIN] = mm_slice_str(login->session);
}

static void
set_surroundings(struct mm_journal_record *record, const struct gate_exchange *exchange,
    const struct gate_question *question)
{
	struct mm_slice *fields = record->fields;

	fields[MM_JF_SERVICE] = exchange->service->name;
	fields[MM_JF_MAILBOX_ASKED] = question->mailbox;
	fields[MM_JF_PROTOCOL] = mm_slice_str(question->protocol);
	fields[MM_JF_GATE] = mm_slice_str(exchange->gate->name);
	fields[MM_JF_SOURCE] = gate_exchange_source(exchange);
	fields[MM_JF_USER_AGENT] = gate_exchange_field(exchange, "User-Agent").value;
	if (exchange->caller != NULL)
		fields[MM_JF_CALLER] = mm_slice_str(exchange->caller->name);
}

bool
gate_record_decision(const struct gate_exchange *exchange, const struct gate_question *question,
    const struct gate_outcome *outcome, const struct gate_record_times *times)
{
	struct gate_login login;
	struct mm_journal_record record = {
		.kind = MM_JOURNAL_DECISION,
		.time_us = times->time_us,
		.allowed = outcome->allowed,
		.reason = outcome->reason,
		.proof = mm_decision_issuance(outcome->decision),
		.epoch = mm_trust_epoch(exchange->view->trust),
		.latency_ns = times->latency_ns < UINT32_MAX ? (uint32_t)times->latency_ns : UINT32_MAX,
	};

	if (outcome->decision != NULL)
		set_facts(&record, mm_decision_facts(outcome->decision));
	set_surroundings(&record, exchange, question);
	if (question->of_login)
		set_login(&record, exchange, &login);
	return mm_journal_append(exchange->gate->journal, &record);
}

static struct mm_journal_record
plain_record(const struct gate *gate, enum mm_journal_kind kind, uint64_t epoch)
{
	struct mm_journal_record record = { .kind = kind, .epoch = epoch };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	record.time_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	record.fields[MM_JF_GATE] = mm_slice_str(gate->name);
	return record;
}

bool
gate_record_finding(struct gate *gate, uint64_t epoch, const struct mm_trust_finding *finding)
{
	struct mm_journal_record record = plain_record(gate, MM_JOURNAL_FINDING, epoch);

	record.fields[MM_JF_REALM] = finding->where;
	record.fields[MM_JF_FINDING] = mm_slice_str(gate_finding_name(GATE_FINDING_KEY_MATERIAL));
	record.fields[MM_JF_FINDING_CLASS] = mm_slice_str(MM_FINDING_CLASS_STRONG);
	record.fields[MM_JF_KID] = finding->kid;
	record.text = finding->text;
	return mm_journal_append(gate->journal, &record);
}

bool
gate_record_autopsy(struct gate *gate, uint64_t epoch, const struct gate_autopsy_place *place,
    const struct mm_autopsy *autopsy, const char *what)
{
	struct mm_journal_record record = plain_record(gate, MM_JOURNAL_FINDING, epoch);
	struct mm_slice *fields = record.fields;
	bool is_proof = autopsy->class == MM_AUTOPSY_PROOF;
	char text[128];

	record.verified = true;
	fields[MM_JF_FINDING] = mm_slice_str(MM_FINDING_AUTOPSY);
	fields[MM_JF_FINDING_CLASS] = mm_slice_str(is_proof ? MM_FINDING_CLASS_PROOF : MM_FINDING_CLASS_LEAD);
	fields[MM_JF_REALM] = autopsy->key->realm->name;
	fields[MM_JF_KID] = autopsy->key->kid;
	fields[MM_JF_THUMBPRINT] = autopsy->key->thumbprint_text;
	fields[MM_JF_ISSUER] = autopsy->issuer;
	fields[MM_JF_TENANT_ID] = autopsy->tenant_id;
	fields[MM_JF_SUBJECT] = autopsy->subject;
	fields[MM_JF_CLIENT] = autopsy->client;
	fields[MM_JF_TOKEN_ID] = autopsy->token_id;
	fields[MM_JF_SERVICE] = mm_slice_str(place->service);
	fields[MM_JF_SOURCE] = mm_slice_str(place->source);
	snprintf(text, sizeof(text), is_proof ? "somebody holds the key: it signed %s" : "the key signed %s", what);
	record.text = mm_slice_str(text);
	return mm_journal_append(gate->journal, &record);
}

bool
gate_record_event(struct gate *gate, uint64_t epoch, const char *text)
{
	struct mm_journal_record record = plain_record(gate, MM_JOURNAL_EVENT, epoch);

	record.text = mm_slice_str(text);
	return mm_journal_append(gate->journal, &record);
}
