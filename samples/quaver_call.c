/* A call: microphone to loudspeaker between two hosts, over RTP, with GStreamer and its plugin for Quaver.
 *   cc quaver_call.c $(pkg-config --cflags --libs gstreamer-1.0) -o quaver-call
 *   quaver-call --listen 5004 --to 192.0.2.1:5004          (and the same with the other address over there)
 * RTCP, which tells the sender what arrived, uses the ports above: 5005. */
#include <glib-unix.h>
#include <gst/gst.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

enum { kHeaders = 40 }; /* bytes of IP, UDP and RTP */

typedef struct Options {
  int listen, port, bitrate, redundancy, frames, buffer, seconds, dtx, silent;
  char *to, *host, *device, *file, *record;
} Options;

typedef struct Call {
  GMainLoop* loop;
  GstElement *pipeline, *encoder, *decoder, *jitter_buffer; /* NULL where there is none (yet) */
  int buffer;                                               /* ms */
  guint64 sent, sent_packets, received, received_packets, lost, pushed, recovered, concealed;
  gboolean recording;
  int result;
} Call;

static guint64 field(const GstStructure* stats, const char* name) {
  guint64 value = 0;
  if (stats != NULL) gst_structure_get_uint64(stats, name, &value);
  return value;
}

static GstStructure* stats_of(GstElement* element) {
  GstStructure* stats = NULL;
  if (element != NULL) g_object_get(element, "stats", &stats, NULL);
  return stats;
}

/* What a counter has grown by since the last call. */
static double grown(guint64* before, guint64 now) {
  const double by = now >= *before ? (double)(now - *before) : 0;
  *before = now;
  return by;
}

static gboolean print_line(gpointer data) {
  Call* call = data;
  GstStructure *encoder = stats_of(call->encoder), *decoder = stats_of(call->decoder);
  GstStructure* jitter_buffer = stats_of(call->jitter_buffer);
  const double sent = grown(&call->sent, field(encoder, "bytes"));
  const double sent_packets = grown(&call->sent_packets, field(encoder, "packets"));
  const double received = grown(&call->received, field(decoder, "bytes"));
  const double received_packets = grown(&call->received_packets, field(decoder, "packets"));
  const double lost = grown(&call->lost, field(jitter_buffer, "num-lost"));
  const double pushed = grown(&call->pushed, field(jitter_buffer, "num-pushed"));
  const double recovered = grown(&call->recovered, field(decoder, "recovered"));
  const double concealed = grown(&call->concealed, field(decoder, "concealed"));
  const double jitter = (double)field(jitter_buffer, "avg-jitter") / GST_MSECOND;
  printf(
      "sent %5.2f kbit/s (%5.2f with headers)  received %5.2f (%5.2f)  lost %4.1f %%  recovered %3.0f %%  "
      "buffer %d ms, jitter %.1f ms\n",
      sent * 8 / 1000, (sent + sent_packets * kHeaders) * 8 / 1000, received * 8 / 1000,
      (received + received_packets * kHeaders) * 8 / 1000,
      pushed + lost > 0 ? 100 * lost / (pushed + lost) : 0,
      recovered + concealed > 0 ? 100 * recovered / (recovered + concealed) : 100, call->buffer, jitter);
  fflush(stdout);
  gst_clear_structure(&encoder);
  gst_clear_structure(&decoder);
  gst_clear_structure(&jitter_buffer);
  return G_SOURCE_CONTINUE;
}

/* The end goes through the pipeline, so that the recording becomes whole; who does not hear of it goes
 * anyway. */
static gboolean give_up(gpointer data) {
  Call* call = data;
  if (call->recording) {
    fprintf(stderr, "quaver-call: the recording is not whole, or nothing was heard\n");
    call->result = 1;
  }
  g_main_loop_quit(call->loop);
  return G_SOURCE_REMOVE;
}

static gboolean hang_up(gpointer data) {
  Call* call = data;
  gst_element_send_event(call->pipeline, gst_event_new_eos());
  g_timeout_add(2000, give_up, call);
  return G_SOURCE_REMOVE;
}

/* What happened, and the line of GStreamer's that names the file or the address. */
static void tell(GError* error, const char* debug) {
  const char* line = debug == NULL ? NULL : strrchr(debug, '\n');
  fprintf(stderr, "quaver-call: %s%s%s\n", error->message, line == NULL ? "" : " ",
          line == NULL ? "" : line + 1);
}

static gboolean on_message(GstBus* bus, GstMessage* message, gpointer data) {
  Call* call = data;
  GError* error = NULL;
  g_autofree char* debug = NULL;
  (void)bus;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error(message, &error, &debug);
      tell(error, debug);
      call->result = 1;
      g_main_loop_quit(call->loop);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning(message, &error, &debug);
      tell(error, debug);
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency(GST_BIN(call->pipeline));
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit(call->loop);
      break;
    default:
      break;
  }
  g_clear_error(&error);
  return TRUE;
}

/* The other side's stream, and another one when it has called again. */
static void on_pad(GstElement* rtp, GstPad* pad, gpointer depayloader) {
  GstPad *sink = gst_element_get_static_pad(depayloader, "sink"), *before = gst_pad_get_peer(sink);
  (void)rtp;
  if (g_str_has_prefix(GST_PAD_NAME(pad), "recv_rtp_src_")) {
    if (before != NULL) gst_pad_unlink(before, sink);
    gst_pad_link(pad, sink);
  }
  gst_clear_object(&before);
  gst_object_unref(sink);
}

static void on_jitter_buffer(GstElement* rtp, GstElement* jitter_buffer, guint session, guint ssrc,
                             gpointer data) {
  Call* call = data;
  (void)rtp, (void)session, (void)ssrc;
  gst_object_replace((GstObject**)&call->jitter_buffer, GST_OBJECT(jitter_buffer));
}

/* The part of the pipeline that speaks. */
static void add_sender(GString* text, const Options* o) {
  g_autofree char* file = o->file != NULL ? g_strescape(o->file, NULL) : NULL;
  if (file != NULL) {
    g_string_append_printf(text, "filesrc location=\"%s\" ! wavparse", file);
  } else if (o->device != NULL) {
    g_string_append_printf(text, "alsasrc device=\"%s\"", o->device);
  } else {
    g_string_append(text, "autoaudiosrc");
  }
  g_string_append_printf(text,
                         " ! audioconvert ! audioresample ! quaverenc name=encoder bitrate=%d redundancy=%d "
                         "frames-per-packet=%d dtx=%s ! rtpquaverpay ! %s rtp.send_rtp_sink_0 "
                         "rtp.send_rtp_src_0 ! udpsink host=\"%s\" port=%d sync=false async=false "
                         "rtp.send_rtcp_src_0 ! udpsink host=\"%s\" port=%d sync=false async=false ",
                         o->bitrate, o->redundancy, o->frames, o->dtx ? "true" : "false",
                         file != NULL ? "clocksync !" : "queue !", o->host, o->port, o->host, o->port + 1);
}

/* The part that hears. */
static void add_receiver(GString* text, const Options* o) {
  g_string_append_printf(
      text,
      "udpsrc port=%d caps=\"application/x-rtp,media=audio,encoding-name=QUAVER,"
      "clock-rate=16000\" ! rtp.recv_rtp_sink_0 udpsrc port=%d ! rtp.recv_rtcp_sink_0 "
      "rtpquaverdepay name=depayloader ! quaverdec name=decoder ! tee name=heard ! queue ! ",
      o->listen, o->listen + 1);
  if (o->silent) {
    g_string_append(text, "fakesink sync=true ");
  } else if (o->device != NULL) {
    g_string_append_printf(text, "audioconvert ! audioresample ! alsasink device=\"%s\" ", o->device);
  } else {
    g_string_append(text, "audioconvert ! audioresample ! autoaudiosink ");
  }
  if (o->record != NULL) {
    g_autofree char* record = g_strescape(o->record, NULL);
    g_string_append_printf(text, "heard. ! queue ! wavenc ! filesink location=\"%s\" async=false ", record);
  }
}

static int run(const Options* o) {
  Call call = {.buffer = o->buffer, .recording = o->record != NULL};
  g_autoptr(GString) text = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  g_string_append_printf(text, "rtpbin name=rtp latency=%d do-lost=true ", o->buffer);
  if (o->host != NULL) add_sender(text, o);
  if (o->listen > 0) add_receiver(text, o);
  call.pipeline = gst_parse_launch(text->str, &error);
  if (call.pipeline == NULL || error != NULL) {
    fprintf(stderr, "quaver-call: %s (GST_PLUGIN_PATH names the folder of libgstquaver.so)\n",
            error->message);
    return 1;
  }
  GstBin* bin = GST_BIN(call.pipeline);
  GstElement *rtp = gst_bin_get_by_name(bin, "rtp"), *depayloader = gst_bin_get_by_name(bin, "depayloader");
  GstBus* bus = gst_element_get_bus(call.pipeline);
  call.encoder = gst_bin_get_by_name(bin, "encoder");
  call.decoder = gst_bin_get_by_name(bin, "decoder");
  call.loop = g_main_loop_new(NULL, FALSE);
  if (depayloader != NULL) g_signal_connect(rtp, "pad-added", G_CALLBACK(on_pad), depayloader);
  g_signal_connect(rtp, "new-jitterbuffer", G_CALLBACK(on_jitter_buffer), &call);
  gst_bus_add_watch(bus, on_message, &call);
  g_unix_signal_add(SIGINT, hang_up, &call);
  g_unix_signal_add(SIGTERM, hang_up, &call);
  g_timeout_add(1000, print_line, &call);
  if (o->seconds > 0) g_timeout_add_seconds((guint)o->seconds, hang_up, &call);
  gst_element_set_state(call.pipeline, GST_STATE_PLAYING);
  g_main_loop_run(call.loop);
  gst_element_set_state(call.pipeline, GST_STATE_NULL);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  GstElement** held[] = {&rtp,          &depayloader,        &call.encoder,
                         &call.decoder, &call.jitter_buffer, &call.pipeline};
  for (size_t i = 0; i < G_N_ELEMENTS(held); ++i) gst_clear_object(held[i]);
  g_main_loop_unref(call.loop);
  return call.result;
}

/* HOST:PORT; [HOST]:PORT of IPv6. */
static gboolean parse_address(const char* text, Options* o) {
  const char* colon = strrchr(text, ':');
  if (colon == NULL || colon == text) return FALSE;
  const gboolean brackets = *text == '[' && colon[-1] == ']';
  o->host = g_strndup(text + brackets, (gsize)(colon - text - 2 * brackets));
  guint64 port = 0;
  if (!g_ascii_string_to_unsigned(colon + 1, 10, 1, 65534, &port, NULL)) return FALSE;
  o->port = (int)port;
  return strpbrk(o->host, "\"\\ ") == NULL;
}

static const char* wrong(Options* o) {
  if (o->listen == 0 && o->to == NULL) return "--listen PORT, --to HOST:PORT or both are needed";
  if (o->listen < 0 || o->listen >= 65535) return "--listen: a port, 1 to 65534";
  if (o->to != NULL && !parse_address(o->to, o)) return "--to: HOST:PORT, such as 192.0.2.1:5004";
  if (o->bitrate < 100 || o->bitrate > 100000) return "--bitrate: 100 to 100000";
  if (o->redundancy < 0 || o->redundancy > 4) return "--redundancy: 0, 1, 2 or 4";
  if (o->frames < 1 || o->frames > 10) return "--frames: 1 to 10";
  if (o->buffer < 0 || o->buffer > 10000) return "--buffer: 0 to 10000";
  if (o->device != NULL && strpbrk(o->device, "\"\\") != NULL) return "--device: no such name";
  if (o->record != NULL && g_file_test(o->record, G_FILE_TEST_IS_REGULAR))
    return "--record: that file is there already, and is not overwritten";
  return NULL;
}

int main(int argc, char** argv) {
  setlocale(LC_CTYPE, ""); /* for names of files and what is printed; numbers stay as they are */
  Options o = {.bitrate = 3000, .redundancy = 2, .frames = 1, .buffer = 60};
  const GOptionEntry entries[] = {
      {"listen", 'l', 0, G_OPTION_ARG_INT, &o.listen, "hears the other side at this port", "PORT"},
      {"to", 't', 0, G_OPTION_ARG_STRING, &o.to, "speaks to the other side there", "HOST:PORT"},
      {"bitrate", 'b', 0, G_OPTION_ARG_INT, &o.bitrate, "bits per second, 500 to 7000 (3000)", "R"},
      {"redundancy", 'r', 0, G_OPTION_ARG_INT, &o.redundancy, "frames that packets repeat: 0, 1, 2, 4 (2)",
       "N"},
      {"frames", 'n', 0, G_OPTION_ARG_INT, &o.frames, "frames of 20 ms in a packet, 1 to 10 (1)", "N"},
      {"dtx", 'x', 0, G_OPTION_ARG_NONE, &o.dtx, "sends nothing in pauses", NULL},
      {"buffer", 'j', 0, G_OPTION_ARG_INT, &o.buffer, "depth of the jitter buffer (60)", "MS"},
      {"device", 'd', 0, G_OPTION_ARG_STRING, &o.device, "ALSA device in place of the default", "NAME"},
      {"file", 'f', 0, G_OPTION_ARG_FILENAME, &o.file, "speaks this in place of the microphone", "WAV"},
      {"record", 'w', 0, G_OPTION_ARG_FILENAME, &o.record, "writes what is heard", "WAV"},
      {"no-output", 'q', 0, G_OPTION_ARG_NONE, &o.silent, "without a loudspeaker", NULL},
      {"seconds", 's', 0, G_OPTION_ARG_INT, &o.seconds, "hangs up by itself", "S"},
      {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
  g_autoptr(GError) error = NULL;
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_option_context_set_summary(
      context,
      "Hears, speaks or both; Ctrl-C hangs up. A line a second tells what was sent, heard and lost.");
  g_option_context_set_description(
      context,
      "Examples:\n  quaver-call --listen 5004 --to 192.0.2.1:5004\n"
      "  quaver-call --to 192.0.2.1:5004 --file talk.wav --redundancy 4\n\n"
      "Exit codes:\n  0  the call is over\n  1  the call failed\n  2  the command line makes no sense");
  g_option_context_add_main_entries(context, entries, NULL);
  g_option_context_add_group(context, gst_init_get_option_group());
  const gboolean parsed = g_option_context_parse(context, &argc, &argv, &error);
  const char* why = !parsed ? error->message : argc > 1 ? "an argument without an option" : wrong(&o);
  if (why != NULL) fprintf(stderr, "quaver-call: %s (--help lists the options)\n", why);
  const int result = why != NULL ? 2 : run(&o);
  char* held[] = {o.to, o.host, o.device, o.file, o.record};
  for (size_t i = 0; i < G_N_ELEMENTS(held); ++i) g_free(held[i]);
  return result;
}
