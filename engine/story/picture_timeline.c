/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of bars an application. Heights grow with the logarithm of the number, so that one access is seen beside
 * thousands; all rows have one scale.
 */
#include "engine/story/picture.h"

#include "engine/detect/detection.h"
#include "engine/logs/moment.h"

#include <inttypes.h>

#define LABELS 260.0
#define WIDTH 1000.0
#define ROW 34.0
#define BAR 26.0
#define TOP 30.0
#define NAME_COLUMNS 30
#define DAY_US (INT64_C(24) * 3600 * 1000000)

/* Shades that a picture bears; the table of gaps has all of them. */
#define GAPS_MAX 200

struct timeline {
	struct mm_html *html;
	const struct mm_story *story;
	const struct mm_story_picture *picture;
	size_t slices; /* up to the last one with accesses */
	double slice;  /* width */
	uint64_t most;
	double bottom;
};

const char *
mm_picture_tone(enum mm_finding_class class)
{
	return class >= MM_FINDING_STRONG ? " bad" : class == MM_FINDING_LEAD ? " warn" : "";
}

void
mm_picture_application(struct mm_html *html, const struct mm_story *story,
    const struct mm_story_application *application, size_t columns)
{
	const struct mm_names *names = mm_logs_reading_names(mm_story_source(story)->reading);
	char room[MM_SUBJECT_TEXT_MAX];
	struct mm_slice text = mm_names_text(names, application->name);

	if (text.len == 0)
		text = mm_subject_text(&application->subject, names, room);
	if (text.len == 0)
		text = mm_slice_str("(no application told)");
	mm_html_text_cut(html, text, columns);
}

/* How many times a number can be halved: the logarithm, in quarters so that small numbers differ too. */
static double
logarithm(uint64_t number)
{
	double value = 0, rest = (double)number + 1;

	while (rest >= 2) {
		rest /= 2;
		value += 1;
	}
	return value + (rest - 1);
}

static double
x_of(const struct timeline *timeline, int64_t time_us)
{
	double at = (double)(time_us - timeline->picture->first_us) / (double)timeline->picture->slice_us;

	if (at < 0)
		at = 0;
	if (at > (double)timeline->slices)
		at = (double)timeline->slices;
	return LABELS + at * timeline->slice;
}

/* When a silence of the logs ends; MM_LOGS_NO_TIME: the finding is of none. */
static int64_t
end_of_silence(const struct timeline *timeline, const struct mm_finding *finding)
{
	if (finding->first_us == MM_LOGS_NO_TIME)
		return MM_LOGS_NO_TIME;
	if (finding->detection == &mm_detect_time_gap)
		return finding->last_us;
	if (finding->detection == &mm_detect_log_throttled)
		return finding->last_us + DAY_US;
	if (finding->detection == &mm_detect_audit_reduced)
		return timeline->picture->first_us + timeline->picture->slice_us * (int64_t)timeline->slices;
	return MM_LOGS_NO_TIME;
}

static void
put_gaps(const struct timeline *timeline)
{
	const struct mm_story *story = timeline->story;
	size_t shown = 0;

	for (size_t i = 0; i < mm_story_findings(story) && shown < GAPS_MAX; i++) {
		const struct mm_finding *finding = mm_story_finding(story, i);
		int64_t end_us = end_of_silence(timeline, finding);
		double from, width;

		if (end_us == MM_LOGS_NO_TIME)
			continue;
		from = x_of(timeline, finding->first_us);
		width = x_of(timeline, end_us) - from;
		mm_html_addf(timeline->html,
		    "<rect class=\"gap\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>", from, TOP,
		    width < 2 ? 2 : width, timeline->bottom - TOP);
		mm_html_str(timeline->html, finding->detection->title);
		mm_html_add(timeline->html, "</title></rect>\n");
		shown++;
	}
}

static void
put_line(const struct timeline *timeline, double x1, double y1, double x2, double y2)
{
	mm_html_addf(timeline->html, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x1, y1,
	    x2, y2);
}

static void
put_axis(const struct timeline *timeline)
{
	char text[MM_MOMENT_TEXT_MAX];
	int64_t span_us = timeline->picture->slice_us * (int64_t)timeline->slices;
	/* Of more than three days, days; else hours too, which take more room. */
	bool has_days = span_us > 3 * DAY_US;
	int length = has_days ? 10 : 16, ticks = has_days ? 6 : 4;

	for (int i = 0; i <= ticks; i++) {
		int64_t time_us = timeline->picture->first_us + span_us / ticks * i;
		double x = x_of(timeline, time_us);

		put_line(timeline, x, TOP, x, timeline->bottom);
		mm_html_addf(timeline->html,
		    "<text class=\"soft\" x=\"%.1f\" y=\"18\" text-anchor=\"%s\">%.*s</text>\n", x,
		    i == 0 ? "start" : i == ticks ? "end" : "middle", length, mm_moment_text(time_us, text));
	}
}

static void
put_first(const struct timeline *timeline, const struct mm_story_application *application, double top)
{
	char text[MM_MOMENT_TEXT_MAX];
	double x;

	if (mm_moment_text(application->first_us, text)[0] == '\0')
		return;
	x = x_of(timeline, application->first_us);
	mm_html_addf(timeline->html,
	    "<path class=\"first\" d=\"M%.1f %.1fl4 -6h-8z\"><title>first seen %.19sZ</title></path>\n", x,
	    top + ROW - BAR - 1, text);
}

static void
put_row(const struct timeline *timeline, const struct mm_story_application *application, double top)
{
	const char *tone = mm_picture_tone(application->class);

	mm_html_addf(timeline->html, "<text class=\"name%s\" x=\"0\" y=\"%.1f\">", tone, top + ROW - 10);
	mm_picture_application(timeline->html, timeline->story, application, NAME_COLUMNS);
	mm_html_add(timeline->html, "</text>\n");
	for (size_t i = 0; i < timeline->slices; i++) {
		double height = logarithm(application->slices[i]) / logarithm(timeline->most) * BAR;
		double x = LABELS + (double)i * timeline->slice;

		if (application->slices[i] == 0)
			continue;
		mm_html_addf(timeline->html,
		    "<rect class=\"bar%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%" PRIu64
		    " accesses</title></rect>",
		    tone, x, top + ROW - height, timeline->slice - .6, height, application->slices[i]);
	}
	put_line(timeline, LABELS, top + ROW, WIDTH, top + ROW);
	put_first(timeline, application, top);
}

static uint64_t
find_most(const struct mm_story_picture *picture)
{
	uint64_t most = 1;

	for (size_t i = 0; i < picture->applications_count; i++)
		for (size_t j = 0; j < MM_STORY_SLICES; j++)
			if (picture->applications[i].slices[j] > most)
				most = picture->applications[i].slices[j];
	return most;
}

static size_t
find_slices(const struct mm_story_picture *picture)
{
	size_t slices = 1;

	for (size_t i = 0; i < picture->applications_count; i++)
		for (size_t j = slices; j < MM_STORY_SLICES; j++)
			if (picture->applications[i].slices[j] > 0)
				slices = j + 1;
	return slices;
}

void
mm_picture_timeline(struct mm_html *html, const struct mm_story *story)
{
	const struct mm_story_picture *picture = mm_story_picture(story);
	struct timeline timeline = { .html = html, .story = story, .picture = picture, .slices = find_slices(picture),
		.most = find_most(picture), .bottom = TOP + ROW * (double)picture->applications_count };

	timeline.slice = (WIDTH - LABELS) / (double)timeline.slices;
	mm_html_addf(html, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"tl-t tl-d\">\n", WIDTH,
	    timeline.bottom + 4);
	mm_html_add(html, "<title id=\"tl-t\">Mail accesses by application in the course of time</title>\n"
	    "<desc id=\"tl-d\">A row of bars for each application; higher bars are more accesses, by the logarithm. "
	    "A triangle stands at the first access, hatching where the logs say nothing. The table below has the sums."
	    "</desc>\n<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	    "patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern>"
	    "</defs>\n");
	put_gaps(&timeline);
	put_axis(&timeline);
	for (size_t i = 0; i < picture->applications_count; i++)
		put_row(&timeline, &picture->applications[i], TOP + ROW * (double)i);
	mm_html_add(html, "</svg>\n");
}
