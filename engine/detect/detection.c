/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of detections, and their states.
 */
#include "engine/detect/detection.h"

#include "lib/base/array.h"

#include <stdlib.h>
#include <string.h>

const struct mm_detection *const mm_detections[] = {
#define MM_DETECTION(symbol) &mm_detect_##symbol,
#include "engine/detect/detections.def"
#undef MM_DETECTION
};
const size_t mm_detections_count = MM_COUNT_OF(mm_detections);

/* ---- states ---- */

static bool
has_map(const struct mm_detection *detection, size_t number)
{
	return number < MM_DETECTION_MAPS_MAX && detection->maps[number].key_size > 0;
}

static struct mm_map **
map_of(const struct mm_detection *detection, size_t number, void *state)
{
	return (struct mm_map **)((char *)state + detection->maps[number].at);
}

void
mm_detection_state_free(const struct mm_detection *detection, void *state)
{
	if (detection->state.size == 0 || state == NULL)
		return;
	for (size_t i = 0; has_map(detection, i); i++)
		if (*map_of(detection, i, state) != NULL)
			mm_map_free(map_of(detection, i, state));
	free(state);
}

void *
mm_detection_state_new(const struct mm_detection *detection, struct mm_detect *detect)
{
	char *state;

	if (detection->state.size == 0)
		return detect;
	state = calloc(1, detection->state.size);
	if (state == NULL)
		return NULL;
	*(struct mm_detect **)(state + detection->state.detect_at) = detect;
	for (size_t i = 0; has_map(detection, i); i++) {
		struct mm_map *map = mm_map_new(detection->maps[i].key_size, detection->maps[i].value_size);

		*map_of(detection, i, state) = map;
		if (map == NULL) {
			mm_detection_state_free(detection, state);
			return NULL;
		}
	}
	return state;
}

/* ---- for detections ---- */

bool
mm_detection_is_change(const struct mm_logs_event *event, uint32_t changes)
{
	_Static_assert(MM_LOGS_CHANGES <= 32, "a bit for each");
	return event->kind == MM_LOGS_CHANGE && event->result != MM_LOGS_FAILED && (changes >> event->change & 1) != 0;
}

void
mm_detection_add_change(struct mm_finding *finding, const struct mm_logs_event *event)
{
	if (finding == NULL || finding->records > 1)
		return;
	mm_finding_add_word(finding, "change", mm_logs_change_name((enum mm_logs_change)event->change));
	if (event->user != 0)
		mm_finding_add_name(finding, "by", event->user);
	if (event->address.network > MM_LOGS_UNREADABLE)
		mm_finding_add_address(finding, "from", &event->address);
	if (event->added != 0)
		mm_finding_add_name(finding, "added", event->added);
	if (event->target_id != 0)
		mm_finding_add_name(finding, "target_id", event->target_id);
}

bool
mm_detection_could_not_judge(const struct mm_finding *finding)
{
	return finding->class == MM_FINDING_GAP && finding->detection->class != MM_FINDING_GAP;
}

const struct mm_detection *
mm_detection_find(const char *name)
{
	for (size_t i = 0; i < mm_detections_count; i++)
		if (strcmp(mm_detections[i]->name, name) == 0)
			return mm_detections[i];
	return NULL;
}
