/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for operators. */
#include "daemon/mintmarkd/status.h"

#include "daemon/ipc/limits.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/handover.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "engine/config_difference.h"
#include "engine/json_writer.h"

#include <mintmark/version.h>

#include <string.h>
#include <unistd.h>

static void
add_problems(struct mm_json_writer *json, const char *name, const struct mm_problems *problems)
{
	static const char *const classes[] = {
		[MM_PROBLEM_ERROR] = "error",
		[MM_PROBLEM_ALARM] = "alarm",
		[MM_PROBLEM_REMARK] = "remark",
	};

	mm_json_begin_array(json, name);
	for (size_t i = 0; i < problems->count; i++) {
		const struct mm_problem *problem = &problems->items[i];

		mm_json_begin_object(json, NULL);
		mm_json_add_str(json, "class", classes[problem->class]);
		mm_json_add_str(json, "where", problem->where);
		if (problem->line > 0)
			mm_json_add_int(json, "line", problem->line);
		mm_json_add_str(json, "text", problem->text);
		mm_json_add_str(json, "mend", problem->mend);
		mm_json_end_object(json);
	}
	mm_json_end_array(json);
}

/* ---- parts of the status ---- */

static void
add_configuration(struct mm_json_writer *json, const struct mm_mintmarkd *mintmarkd)
{
	const struct mm_reload_result *last = &mintmarkd->renewal.last;

	mm_json_begin_object(json, "configuration");
	mm_json_add_str(json, "path", mintmarkd->config_path);
	mm_json_add_int(json, "loaded", mintmarkd->reading->read_s);
	if (last->time_s != 0) {
		mm_json_begin_object(json, "reload");
		mm_json_add_int(json, "time", last->time_s);
		mm_json_add_bool(json, "done", last->done);
		add_problems(json, "problems", &last->problems);
		mm_json_end_object(json);
	}
	mm_json_end_object(json);
}

/* realm, told: NULL where the process has none, or says nothing of itself here. */
static void
add_process(struct mm_json_writer *json, const char *name, const struct mm_keeper *keeper, const char *realm,
    const struct mm_told *told)
{
	if (keeper->state == MM_KEEPER_STOPPED)
		return;
	mm_json_begin_object(json, NULL);
	mm_json_add_str(json, "name", name);
	if (realm != NULL)
		mm_json_add_str(json, "realm", realm);
	mm_json_add_bool(json, "running", keeper->state == MM_KEEPER_RUNNING);
	if (keeper->child.pid != 0) {
		mm_json_add_int(json, "pid", keeper->child.pid);
		mm_json_add_int(json, "since", keeper->since_s);
	}
	mm_json_add_int(json, "restarts", (int64_t)keeper->restarts);
	if (told != NULL && told->status != NULL) {
		mm_json_add_int(json, "told", told->status_s);
		mm_json_add_json(json, "state", mm_slice_str(told->status));
	}
	mm_json_end_object(json);
}

static void
add_mint_processes(struct mm_json_writer *json, const struct mm_mints *mints)
{
	add_process(json, "ledger", &mints->ledger.keeper, NULL, &mints->ledger.told);
	for (size_t i = 0; i < mints->count; i++)
		for (size_t part = 0; part < MM_MINT_PART_COUNT; part++) {
			const struct mm_mint_process *process = &mints->items[i]->parts[part];

			add_process(json, process->role->keeper.name, &process->keeper, mints->items[i]->realm,
			    &process->told);
		}
}

static void
add_processes(struct mm_json_writer *json, const struct mm_mintmarkd *mintmarkd)
{
	mm_json_begin_array(json, "processes");
	add_process(json, "gate", &mintmarkd->gate.keeper, NULL, NULL);
	add_process(json, "courier", &mintmarkd->courier.keeper, NULL, NULL);
	add_process(json, "desk", &mintmarkd->desk.keeper, NULL, NULL);
	add_mint_processes(json, &mintmarkd->mints);
	mm_json_end_array(json);
}

/* Addresses of issuers that cannot be had, and are tried again. */
static void
add_unreachable(struct mm_json_writer *json, const struct mm_mints *mints)
{
	mm_json_begin_array(json, "unreachable");
	for (size_t i = 0; i < mints->count; i++) {
		const struct mm_listeners *listeners = &mints->items[i]->addresses.listeners;

		for (size_t at = 0; at < listeners->count; at++) {
			if (listeners->items[at].fd >= 0)
				continue;
			mm_json_begin_object(json, NULL);
			mm_json_add_str(json, "realm", mints->items[i]->realm);
			mm_json_add_str(json, "address", listeners->items[at].name);
			mm_json_add_str(json, "why", listeners->items[at].why);
			mm_json_end_object(json);
		}
	}
	mm_json_end_array(json);
}

static void
add_gates(struct mm_json_writer *json, const struct mm_gate *gate)
{
	char name[MM_GATE_NAME_MAX + 1];

	mm_handover_gate_name(name);
	mm_json_begin_array(json, "gates");
	mm_json_begin_object(json, NULL);
	mm_json_add_str(json, "name", name);
	if (gate->settled_epoch != 0)
		mm_json_add_int(json, "epoch", (int64_t)gate->settled_epoch);
	if (gate->told.status != NULL) {
		mm_json_add_int(json, "told", gate->told.status_s);
		mm_json_add_json(json, "state", mm_slice_str(gate->told.status));
	}
	mm_json_end_object(json);
	mm_json_end_array(json);
}

/* ---- sources ---- */

static bool
is_first_of_its_keys(const struct mm_config *config, size_t realm)
{
	for (size_t i = 0; i < realm; i++)
		if (strcmp(config->realms[i].keys, config->realms[realm].keys) == 0)
			return false;
	return true;
}

static void
add_realms(struct mm_json_writer *json, const struct mm_config *config, const char *keys)
{
	mm_json_begin_array(json, "realms");
	for (size_t i = 0; i < config->realm_count; i++)
		if (strcmp(config->realms[i].keys, keys) == 0)
			mm_json_add_str(json, NULL, config->realms[i].name);
	mm_json_end_array(json);
}

static void
add_counts(struct mm_json_writer *json, const struct mm_source *source)
{
	if (!source->is_counted)
		return;
	mm_json_add_int(json, "keys", source->key_count);
	mm_json_add_int(json, "dropped", source->dropped_count);
}

static void
add_outcome(struct mm_json_writer *json, const struct mm_source *source)
{
	mm_json_add_str(json, "outcome", mm_source_outcome_name(source->outcome));
	mm_json_add_int(json, "failures", source->failures);
	mm_json_add_str(json, "text", source->text);
}

static void
add_fetched(struct mm_json_writer *json, const struct mm_source *source)
{
	add_counts(json, source);
	if (source->fetched_s != 0)
		mm_json_add_int(json, "fetched", source->fetched_s);
	if (source->was_tried) {
		mm_json_add_int(json, "tried", source->tried_s);
		mm_json_add_int(json, "next", source->next_s);
		add_outcome(json, source);
	}
	mm_json_add_bool(json, "kept", source->from_disk);
}

/* When its documents came; absent: they did not yet. */
static void
add_mint(struct mm_json_writer *json, const struct mm_mint *mint)
{
	if (mint == NULL)
		return;
	if (mint->keys.came_s != 0)
		mm_json_add_int(json, "came", mint->keys.came_s);
	if (mint->directory.came_s != 0)
		mm_json_add_int(json, "directory_came", mint->directory.came_s);
	mm_json_add_int(json, "tenants_added", (int64_t)mint->added.count);
}

static void
add_source(struct mm_json_writer *json, const struct mm_mintmarkd *mintmarkd, const struct mm_config_realm *realm)
{
	static const char *const kinds[] = {
		[MM_KEYS_FILE] = "file",
		[MM_KEYS_DISCOVERY] = "discovery",
		[MM_KEYS_JWKS] = "jwks",
		[MM_KEYS_MINT] = "mint",
	};
	const struct mm_source *source = mm_sources_find(&mintmarkd->sources, realm->keys);

	mm_json_begin_object(json, NULL);
	add_realms(json, mintmarkd->reading->config, realm->keys);
	mm_json_add_str(json, "kind", kinds[realm->keys_kind]);
	if (realm->keys_kind == MM_KEYS_MINT)
		add_mint(json, mm_mints_find(&mintmarkd->mints, mm_slice_str(realm->name)));
	else
		mm_json_add_str(json, "address", source == NULL ? realm->keys : strchr(realm->keys, ':') + 1);
	if (source != NULL)
		add_fetched(json, source);
	mm_json_end_object(json);
}

static void
add_sources(struct mm_json_writer *json, const struct mm_mintmarkd *mintmarkd)
{
	const struct mm_config *config = mintmarkd->reading->config;

	mm_json_begin_array(json, "sources");
	for (size_t i = 0; i < config->realm_count; i++)
		if (is_first_of_its_keys(config, i))
			add_source(json, mintmarkd, &config->realms[i]);
	mm_json_end_array(json);
}

static void
add_followers(struct mm_json_writer *json, const struct mm_followers *followers)
{
	mm_json_begin_object(json, "followers");
	mm_json_add_str(json, "path", followers->listen.address);
	mm_json_add_int(json, "connected", (int64_t)followers->count);
	mm_json_end_object(json);
}

/* ---- the objects ---- */

void
mm_status_write(struct mm_buf *text, const struct mm_mintmarkd *mintmarkd)
{
	struct mm_json_writer json;

	mm_json_writer_init(&json, text);
	mm_json_begin_object(&json, NULL);
	mm_json_add_int(&json, "now", mm_clock_wall_s());
	mm_json_add_str(&json, "version", MM_VERSION_TEXT);
	mm_json_add_int(&json, "started", mintmarkd->started_s);
	mm_json_add_int(&json, "pid", getpid());
	add_configuration(&json, mintmarkd);
	mm_json_add_int(&json, "epoch", (int64_t)mintmarkd->trust.epoch);
	mm_json_add_int(&json, "compiled", mintmarkd->trust.compiled_s);
	add_problems(&json, "problems", &mintmarkd->trust.problems);
	add_processes(&json, mintmarkd);
	add_unreachable(&json, &mintmarkd->mints);
	add_gates(&json, &mintmarkd->gate);
	add_sources(&json, mintmarkd);
	add_followers(&json, &mintmarkd->followers);
	mm_json_end_object(&json);
}

void
mm_status_write_reload(struct mm_buf *text, const struct mm_mintmarkd *mintmarkd)
{
	const struct mm_reload_result *last = &mintmarkd->renewal.last;
	struct mm_json_writer json;

	mm_json_writer_init(&json, text);
	mm_json_begin_object(&json, NULL);
	mm_json_add_bool(&json, "done", last->done);
	mm_json_add_int(&json, "epoch", (int64_t)mintmarkd->trust.epoch);
	mm_config_difference_write(&json, &last->difference);
	add_problems(&json, "problems", &last->problems);
	mm_json_end_object(&json);
}

void
mm_status_write_fetch(struct mm_buf *text, const char *realm, const struct mm_source *source)
{
	struct mm_json_writer json;

	mm_json_writer_init(&json, text);
	mm_json_begin_object(&json, NULL);
	mm_json_add_bool(&json, "done", source->outcome == MM_FETCH_NEW || source->outcome == MM_FETCH_SAME);
	mm_json_add_str(&json, "realm", realm);
	add_outcome(&json, source);
	add_counts(&json, source);
	mm_json_end_object(&json);
}

void
mm_status_write_error(struct mm_buf *text, const char *why)
{
	struct mm_json_writer json;

	mm_json_writer_init(&json, text);
	mm_json_begin_object(&json, NULL);
	mm_json_add_str(&json, "error", why);
	mm_json_end_object(&json);
}
