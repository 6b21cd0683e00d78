// SPDX-License-Identifier: Apache-2.0
// A terminal for hvae_top: characters in, characters out, no processor. It masters the registers and both
// streams of the core; a hvae_uart is the line.
//
// What is typed. Characters are echoed. Backspace (08 or 7f) takes one back. CR, LF or both end a line, of 255
// characters at most: what comes behind is answered with a bell, and the line with a message. While a line is worked on,
// 511 more characters are kept. Control-C ends the job that runs and drops the line. Other control characters are dropped.
//   sentence   Reads 1: RECONSTRUCT. Reads 2, a conversation: LISTEN, then GENERATE, then LISTEN to the answer.
//              Reads 0: a message, since the network reads nothing
//   /g [N]     GENERATE; with N, up to 655359, the seed becomes N before
//   /t T       words are sampled at temperature T, 0.07 to 81.91, two places at most; 0: the likeliest word
//   /s         cycles and seed are told behind every answer, or no longer
//   /n         Reads 2: another conversation
//   /?         help
// SEED is 1 after reset, and one more after every job that writes. INVERSE_TEMPERATURE is 40.96 / T, rounded half up, in
// Q4.12. Every word of the answer is printed as it comes, without <pad>, <sos> and what follows <eos>.
//
// Words. Of ASCII, a sentence is split as the tokenizer of the model does it. WordPunct 0: at spaces, with `.`, `?`, `!`, `,`
// and `'s` set apart from what stands before them and runs of full stops made one. WordPunct 1: into runs of
// letters, digits and `_`, and runs of other characters. Capitals become small. Bytes above 7f count as letters, and
// no word of the dictionary has them. A word that is not in the dictionary, or longer than 63 characters, is named in a message
// and read as <unk0>. Between words that are printed stands one space. Dictionary 0: words are numbers, #17.
//
// Memory. InitFile: strings, each ended by a byte 0: the messages in the order of the constants below, then, from byte
// DictionaryAt on, the Vocabulary words. A word is found by reading on from there, two cycles a byte: at 50 MHz
// 0.3 ms in a dictionary of 7 KB, the time of three characters at 115200 baud.
//
// Waiting. A job that writes no word and does not end while STATUS is read 2^(WaitBits-1) times is aborted.
`default_nettype none

module hvae_terminal #(
    parameter Vocabulary   = 2000,
    parameter Dictionary   = 1,      // 0: words are numbers
    parameter DictionaryAt = 1500,   // bytes of messages
    parameter RomBytes     = 16384,
    parameter InitFile     = "",
    parameter MaxTokens    = 64,     // as the core has it
    parameter Reads        = 1,      // 0: GENERATE alone; 1: RECONSTRUCT; 2: a conversation
    parameter WordPunct    = 0,      // tokenizer
    parameter Sampled      = 0,      // after reset words are sampled at temperature 1, not the likeliest
    parameter WaitBits     = 24,
    parameter RomBits      = $clog2(RomBytes),
    parameter TokenBits    = $clog2(MaxTokens + 2)
) (
    input  wire        clk_i,
    input  wire        rst_i,
    // Line
    input  wire        received_i,
    input  wire        framing_i,
    input  wire [7:0]  byte_i,
    output reg         send_o,
    output reg  [7:0]  data_o,
    input  wire        ready_i,
    // Registers of the core
    output reg         m_axil_awvalid_o,
    input  wire        m_axil_awready_i,
    output reg  [7:0]  m_axil_awaddr_o,
    output reg         m_axil_wvalid_o,
    input  wire        m_axil_wready_i,
    output reg  [31:0] m_axil_wdata_o,
    input  wire        m_axil_bvalid_i,
    output reg         m_axil_arvalid_o,
    input  wire        m_axil_arready_i,
    output reg  [7:0]  m_axil_araddr_o,
    input  wire        m_axil_rvalid_i,
    input  wire [31:0] m_axil_rdata_i,
    // Packet to the core
    output wire        m_axis_tvalid_o,
    input  wire        m_axis_tready_i,
    output wire [31:0] m_axis_tdata_o,
    output wire        m_axis_tlast_o,
    // Answer of the core
    input  wire        s_axis_tvalid_i,
    output wire        s_axis_tready_o,
    input  wire [31:0] s_axis_tdata_i,
    input  wire        s_axis_tlast_i,
    // For people
    output reg         busy_o,         // a job runs
    output reg         error_o         // the last line, or what came over it, was wrong
);
  // Messages, by their place in the memory.
  localparam [15:0] SAY_HELLO     = 16'd0;
  localparam [15:0] SAY_PROMPT    = 16'd1;
  localparam [15:0] SAY_NEWLINE   = 16'd2;
  localparam [15:0] SAY_ERASE     = 16'd3;
  localparam [15:0] SAY_HELP      = 16'd4;
  localparam [15:0] SAY_UNKNOWN   = 16'd5;
  localparam [15:0] SAY_LINE      = 16'd6;
  localparam [15:0] SAY_SENTENCE  = 16'd7;
  localparam [15:0] SAY_COMMAND   = 16'd8;
  localparam [15:0] SAY_NUMBER    = 16'd9;
  localparam [15:0] SAY_READS     = 16'd10;
  localparam [15:0] SAY_SHOWN     = 16'd11;
  localparam [15:0] SAY_HIDDEN    = 16'd12;
  localparam [15:0] SAY_SET       = 16'd13;
  localparam [15:0] SAY_SEED      = 16'd14;
  localparam [15:0] SAY_CYCLES    = 16'd15;
  localparam [15:0] SAY_CLOCK     = 16'd16;
  localparam [15:0] SAY_FRAMING   = 16'd17;
  localparam [15:0] SAY_LOST      = 16'd18;
  localparam [15:0] SAY_LENGTH    = 16'd19;
  localparam [15:0] SAY_TOKEN     = 16'd20;
  localparam [15:0] SAY_JOB       = 16'd21;
  localparam [15:0] SAY_Z         = 16'd22;
  localparam [15:0] SAY_ABORTED   = 16'd23;
  localparam [15:0] SAY_LATE      = 16'd24;
  localparam [15:0] SAY_DEAD      = 16'd25;

  // Registers of the core, and numbers of its jobs.
  localparam [7:0] CONTROL             = 8'h08;
  localparam [7:0] JOB                 = 8'h0c;
  localparam [7:0] STATUS              = 8'h10;
  localparam [7:0] SEED_LO             = 8'h14;
  localparam [7:0] INVERSE_TEMPERATURE = 8'h1c;
  localparam [7:0] MAX_TOKENS          = 8'h20;
  localparam [7:0] CYCLES              = 8'h24;
  localparam [2:0] RECONSTRUCT         = 3'd1;
  localparam [2:0] GENERATE            = 3'd3;
  localparam [2:0] LISTEN              = 3'd7;

  localparam [15:0] PAD = 16'd0;
  localparam [15:0] UNK = 16'd1;
  localparam [15:0] SOS = 16'd2;
  localparam [15:0] EOS = 16'd3;

  localparam [7:0] ETX   = 8'h03;
  localparam [7:0] BELL  = 8'h07;
  localparam [7:0] BACK  = 8'h08;
  localparam [7:0] TAB   = 8'h09;
  localparam [7:0] LF    = 8'h0a;
  localparam [7:0] CR    = 8'h0d;
  localparam [7:0] SPACE = 8'h20;
  localparam [7:0] DEL   = 8'h7f;

  // Strings.
  (* rom_style = "block", ram_style = "block" *)
  reg [7:0] strings [0:RomBytes-1];
  generate
    if (InitFile != "") begin : gen_init
      initial $readmemh(InitFile, strings);
    end
  endgenerate
  reg [RomBits-1:0] rom_at_q;
  reg [7:0]         rom_q;
  always @(posedge clk_i) rom_q <= strings[rom_at_q];

  // Characters that wait for the line before to be done.
  (* ram_style = "block" *)
  reg [7:0] typed [0:511];
  reg [8:0] typed_read_q, typed_write_q;
  reg [7:0] typed_q;
  wire      full = typed_write_q + 9'd1 == typed_read_q;
  wire      keep = received_i && byte_i != ETX && !full;
  always @(posedge clk_i) begin
    if (keep) typed[typed_write_q] <= byte_i;
    typed_q <= typed[typed_read_q];
  end

  // The line, and from 256 on the word that is being looked up.
  (* ram_style = "block" *)
  reg [7:0]  text [0:511];
  reg        text_write_q;
  reg [8:0]  text_to_q;
  reg [7:0]  text_data_q, text_q;
  reg [7:0]  line_length_q, at_q;
  reg        past_q;            // at_q is one behind the longest line
  reg [5:0]  word_length_q, word_at_q;
  wire       of_word;
  always @(posedge clk_i) begin
    if (text_write_q) text[text_to_q] <= text_data_q;
    text_q <= text[of_word ? {3'b100, word_at_q} : {1'b0, at_q}];
  end

  // Tokens of the packet, or of the answer.
  reg [15:0]          tokens [0:(1<<TokenBits)-1];
  reg                 token_write_q;
  reg [TokenBits-1:0] token_to_q, token_at_q, count_q;
  reg [15:0]          token_data_q, token_q;
  always @(posedge clk_i) begin
    if (token_write_q) tokens[token_to_q] <= token_data_q;
    token_q <= tokens[token_at_q];
  end
  wire [TokenBits-1:0] room = TokenBits'(MaxTokens);

  localparam [5:0] RESET        = 6'd0;
  localparam [5:0] PROMPT       = 6'd1;
  localparam [5:0] KEYS         = 6'd2;   // waits for a character
  localparam [5:0] KEY          = 6'd3;
  localparam [5:0] LINE         = 6'd4;
  localparam [5:0] LETTER_WAIT  = 6'd5;
  localparam [5:0] LETTER       = 6'd6;
  localparam [5:0] PARSE_WAIT   = 6'd7;
  localparam [5:0] PARSE        = 6'd8;
  localparam [5:0] PARSED       = 6'd9;
  localparam [5:0] SCALE        = 6'd10;
  localparam [5:0] DIVIDE       = 6'd11;
  localparam [5:0] CHAR_WAIT    = 6'd12;
  localparam [5:0] CHAR         = 6'd13;
  localparam [5:0] NEXT_WAIT    = 6'd14;
  localparam [5:0] JUDGE        = 6'd15;
  localparam [5:0] LOOK_WAIT    = 6'd16;
  localparam [5:0] LOOK         = 6'd17;
  localparam [5:0] SPELL_WAIT   = 6'd18;
  localparam [5:0] SPELL        = 6'd19;
  localparam [5:0] STORE        = 6'd20;
  localparam [5:0] JOB_BEGIN    = 6'd21;
  localparam [5:0] JOB_SET      = 6'd22;
  localparam [5:0] SEND_WAIT    = 6'd23;
  localparam [5:0] SEND         = 6'd24;
  localparam [5:0] JOB_WAIT     = 6'd25;
  localparam [5:0] JOB_STATUS   = 6'd26;
  localparam [5:0] WORD         = 6'd27;
  localparam [5:0] WORD_PRINT   = 6'd28;
  localparam [5:0] JOB_CYCLES   = 6'd29;
  localparam [5:0] JOB_END      = 6'd30;
  localparam [5:0] ANSWERED     = 6'd31;
  localparam [5:0] TELL         = 6'd32;
  localparam [5:0] TELL_SEED    = 6'd33;
  localparam [5:0] TELL_COMMA   = 6'd34;
  localparam [5:0] TELL_CYCLES  = 6'd35;
  localparam [5:0] TELL_CLOCK   = 6'd36;
  localparam [5:0] PRINT_WAIT   = 6'd37;  // the string that lies left_q strings behind rom_at_q, then after_q
  localparam [5:0] PRINT        = 6'd38;
  localparam [5:0] DIGIT        = 6'd39;  // value_q in decimal, then after_q
  localparam [5:0] WORD_SPACE   = 6'd40;
  localparam [5:0] DONE         = 6'd43;
  localparam [5:0] BUS_WRITE    = 6'd41;
  localparam [5:0] BUS_READ     = 6'd42;  // to value_q, then after_q
  reg [5:0] state_q, after_q;

  // Jobs of a line.
  localparam [1:0] HEAR         = 2'd0;
  localparam [1:0] ANSWER       = 2'd1;
  localparam [1:0] HEAR_ANSWER  = 2'd2;
  reg [1:0]  phase_q;
  reg        generates_q;
  wire       writes     = phase_q == ANSWER;
  wire       has_packet = !writes || !generates_q;
  wire [2:0] job        = !writes ? LISTEN : generates_q ? GENERATE : RECONSTRUCT;

  reg        abort_q, framing_q, lost_q;                // seen on the line
  reg        after_cr_q, long_q, show_q, fresh_q, sampled_q;
  reg [7:0]  char_q, before_q;
  reg        word_long_q, same_q, from_word_q;
  reg        seeds_q;                                   // the number is a seed, not a temperature
  reg        bad_q, point_q, digits_q, closed_q;        // of a number that is read
  reg [1:0]  places_q;
  reg [19:0] number_q;
  reg [15:0] left_q, inverse_q;
  reg [31:0] seed_q, cycles_q, value_q;
  reg [3:0]  digit_q, tally_q;
  reg        leading_q;
  reg [2:0]  step_q;
  reg        last_q, ended_q, printed_q, aborting_q, late_q;
  reg [4:0]  status_q;                                  // STATUS, bits 6 to 2
  reg [WaitBits-1:0] wait_q;

  assign of_word = state_q == LOOK_WAIT || state_q == LOOK || state_q == SPELL_WAIT || state_q == SPELL
      || (from_word_q && (state_q == PARSE_WAIT || state_q == PARSE));
  assign m_axis_tvalid_o = state_q == SEND;
  assign m_axis_tdata_o  = {16'd0, token_q};
  assign m_axis_tlast_o  = token_at_q + 1'b1 == count_q;
  assign s_axis_tready_o = state_q == JOB_WAIT;

  wire       clear   = ready_i && !send_o;  // a character can go out
  wire       is_end  = from_word_q ? word_at_q == word_length_q : at_q == line_length_q;
  wire [19:0] longer = {number_q[16:0], 3'd0} + {number_q[18:0], 1'b0} + {16'd0, state_q == PARSE ? text_q[3:0] : 4'd0};
  wire       is_token = !bad_q && digits_q && number_q < 20'(Vocabulary);
  wire       is_digit = text_q >= "0" && text_q <= "9";
  wire       is_shown = !ended_q && left_q != PAD && left_q != SOS && left_q != EOS;
  // Of the sentence that is split: at_q is one character ahead of char_q.
  wire       is_last = past_q || at_q > line_length_q;
  wire [7:0] next    = at_q == line_length_q ? SPACE : text_q;
  wire       is_word_char = char_class(char_q);
  wire       apart   = WordPunct != 0 ? is_word_char != char_class(before_q)
      : char_q == "." || char_q == "?" || char_q == "!" || char_q == "," || (char_q == "'" && (next == "s" || next == "S"));
  wire       repeats = WordPunct == 0 && char_q == "." && before_q == ".";

  function char_class(input [7:0] c);
    char_class = (c >= "0" && c <= "9") || (c >= "a" && c <= "z") || c == "_" || c >= 8'h80;
  endfunction

  // One subtraction for decimals and for the temperature.
  reg [31:0] power;
  always @* begin
    case (digit_q)
      4'd9: power    = 32'd1000000000;
      4'd8: power    = 32'd100000000;
      4'd7: power    = 32'd10000000;
      4'd6: power    = 32'd1000000;
      4'd5: power    = 32'd100000;
      4'd4: power    = 32'd10000;
      4'd3: power    = 32'd1000;
      4'd2: power    = 32'd100;
      4'd1: power    = 32'd10;
      default: power = 32'd1;
    endcase
    if (state_q == DIVIDE) power = {12'd0, number_q};
  end
  wire [32:0] rest   = {1'b0, value_q} - {1'b0, power};
  wire        enough = !rest[32];

  // The string of that number, then the state.
  task say(input [15:0] number, input [5:0] next_state);
    begin
      rom_at_q <= {RomBits{1'b0}};
      left_q   <= number;
      after_q  <= next_state;
      state_q  <= PRINT_WAIT;
    end
  endtask

  // The same, because something is wrong.
  task complain(input [15:0] number);
    begin
      error_o <= 1'b1;
      say(number, PROMPT);
    end
  endtask

  task put(input [7:0] character);
    begin
      send_o <= 1'b1;
      data_o <= character;
    end
  endtask

  task decimal(input [31:0] number, input [5:0] next_state);
    begin
      value_q   <= number;
      digit_q   <= 4'd9;
      tally_q   <= 4'd0;
      leading_q <= 1'b1;
      after_q   <= next_state;
      state_q   <= DIGIT;
    end
  endtask

  task write_register(input [7:0] address, input [31:0] data, input [5:0] next_state);
    begin
      m_axil_awvalid_o <= 1'b1;
      m_axil_wvalid_o  <= 1'b1;
      m_axil_awaddr_o  <= address;
      m_axil_wdata_o   <= data;
      after_q          <= next_state;
      state_q          <= BUS_WRITE;
    end
  endtask

  task read_register(input [7:0] address, input [5:0] next_state);
    begin
      m_axil_arvalid_o <= 1'b1;
      m_axil_araddr_o  <= address;
      after_q          <= next_state;
      state_q          <= BUS_READ;
    end
  endtask

  // Behind the others, where there is room.
  task add_token(input [15:0] token);
    if (count_q <= room) begin
      token_write_q <= 1'b1;
      token_to_q    <= count_q;
      token_data_q  <= token;
      count_q       <= count_q + 1'b1;
    end
  endtask

  task find_word;
    begin
      rom_at_q    <= RomBits'(DictionaryAt);
      left_q      <= 16'd0;
      word_at_q   <= 6'd0;
      same_q      <= 1'b1;
      from_word_q <= 1'b1;
      state_q     <= LOOK_WAIT;
    end
  endtask

  task read_number;
    begin
      number_q <= 20'd0;
      places_q <= 2'd0;
      {bad_q, point_q, digits_q, closed_q} <= 4'd0;
      state_q  <= PARSE_WAIT;
    end
  endtask

  task begin_answer(input generates);
    begin
      phase_q     <= ANSWER;
      generates_q <= generates;
      cycles_q    <= 32'd0;
      state_q     <= JOB_BEGIN;
    end
  endtask

  always @(posedge clk_i) begin
    send_o        <= 1'b0;
    text_write_q  <= 1'b0;
    token_write_q <= 1'b0;
    if (rst_i) begin
      state_q       <= RESET;
      typed_read_q  <= 9'd0;
      typed_write_q <= 9'd0;
      busy_o        <= 1'b0;
      error_o       <= 1'b0;
      seed_q        <= 32'd1;
      inverse_q     <= 16'd4096;
      sampled_q     <= Sampled != 0;
      {m_axil_awvalid_o, m_axil_wvalid_o, m_axil_arvalid_o} <= 3'd0;
      {abort_q, framing_q, lost_q, after_cr_q, long_q, show_q, fresh_q} <= 7'd0;
    end else begin
      case (state_q)
        RESET: say(SAY_HELLO, PROMPT);

        PROMPT: begin
          busy_o        <= 1'b0;
          line_length_q <= 8'd0;
          at_q          <= 8'd0;
          long_q        <= 1'b0;
          say(SAY_PROMPT, KEYS);
        end

        KEYS:
          if (abort_q) begin
            abort_q      <= 1'b0;
            typed_read_q <= typed_write_q;
            say(SAY_NEWLINE, PROMPT);
          end else if (framing_q || lost_q) begin
            framing_q <= 1'b0;
            lost_q    <= 1'b0;
            complain(framing_q ? SAY_FRAMING : SAY_LOST);
          end else if (typed_read_q != typed_write_q) state_q <= KEY;

        KEY: begin
          // Taken, unless the line is not ready for the echo.
          state_q      <= KEYS;
          typed_read_q <= typed_read_q + 9'd1;
          after_cr_q   <= typed_q == CR;
          if (typed_q == CR || (typed_q == LF && !after_cr_q)) begin
            if (long_q) complain(SAY_LINE);
            else say(SAY_NEWLINE, LINE);
          end else if (typed_q == BACK || typed_q == DEL) begin
            if (line_length_q != 8'd0 && !long_q) begin
              line_length_q <= line_length_q - 8'd1;
              say(SAY_ERASE, KEYS);
            end
          end else if (typed_q >= SPACE || typed_q == TAB) begin
            if (!clear) begin
              state_q      <= KEY;
              typed_read_q <= typed_read_q;
              after_cr_q   <= after_cr_q;
            end else if (line_length_q == 8'hff) begin
              long_q <= 1'b1;
              put(BELL);
            end else begin
              text_write_q  <= 1'b1;
              text_to_q     <= {1'b0, line_length_q};
              text_data_q   <= typed_q == TAB ? SPACE : typed_q;
              line_length_q <= line_length_q + 8'd1;
              put(typed_q == TAB ? SPACE : typed_q);
            end
          end
        end

        LINE: begin
          at_q          <= 8'd0;
          past_q        <= 1'b0;
          word_length_q <= 6'd0;
          word_long_q   <= 1'b0;
          before_q      <= SPACE;
          from_word_q   <= 1'b0;
          count_q       <= {{(TokenBits-1){1'b0}}, 1'b1};  // <sos>
          if (line_length_q == 8'd0) state_q <= PROMPT;
          else begin
            error_o <= 1'b0;
            if (text_q == "/") begin
              at_q    <= 8'd1;
              state_q <= LETTER_WAIT;
            end else if (Reads == 0) complain(SAY_READS);
            else state_q <= CHAR_WAIT;
          end
        end

        // Commands.
        LETTER_WAIT: state_q <= LETTER;

        LETTER: begin
          seeds_q  <= text_q == "g";
          at_q     <= 8'd2;
          if ((text_q == "g" || text_q == "t") && line_length_q != 8'd1) read_number;
          else if (line_length_q != 8'd2) complain(SAY_COMMAND);
          else if (text_q == "?") say(SAY_HELP, PROMPT);
          else if (text_q == "s") begin
            show_q <= !show_q;
            say(show_q ? SAY_HIDDEN : SAY_SHOWN, PROMPT);
          end else if (text_q == "n" && Reads == 2) begin
            fresh_q <= 1'b1;
            say(SAY_SET, PROMPT);
          end else complain(SAY_COMMAND);
        end

        // A number, of the line or of the word.
        PARSE_WAIT: state_q <= PARSE;

        PARSE:
          if (is_end) state_q <= PARSED;
          else begin
            if (from_word_q) word_at_q <= word_at_q + 6'd1;
            else at_q <= at_q + 8'd1;
            state_q <= PARSE_WAIT;
            if (is_digit && !closed_q) begin
              digits_q <= 1'b1;
              number_q <= longer;
              if (number_q[19:16] != 4'd0 || (point_q && places_q == 2'd2)) bad_q <= 1'b1;
              if (point_q) places_q <= places_q + 2'd1;
            end else if (text_q == SPACE) closed_q <= digits_q || point_q;
            else if (text_q == "." && !point_q && !closed_q) point_q <= 1'b1;
            else bad_q <= 1'b1;
          end

        PARSED:
          if (Dictionary == 0 && from_word_q) begin
            word_at_q <= 6'd0;
            same_q    <= is_token;
            left_q    <= number_q[15:0];
            state_q   <= STORE;
            if (!is_token) say(SAY_UNKNOWN, SPELL_WAIT);
          end else if (seeds_q) begin
            if (bad_q || point_q) complain(SAY_NUMBER);
            else begin
              if (digits_q) seed_q <= {12'd0, number_q};
              begin_answer(1'b1);
            end
          end else if (bad_q || !digits_q || number_q[19:13] != 7'd0) complain(SAY_NUMBER);
          else state_q <= SCALE;

        // Hundredths; then 409600 by them, rounded.
        SCALE:
          if (places_q != 2'd2) begin
            number_q <= longer;
            places_q <= places_q + 2'd1;
          end else if (number_q == 20'd0) begin
            sampled_q <= 1'b0;
            say(SAY_SET, PROMPT);
          end else if (number_q < 20'd7 || number_q[19:13] != 7'd0) complain(SAY_NUMBER);
          else begin
            sampled_q <= 1'b1;
            inverse_q <= 16'd0;
            value_q   <= 32'd409600 + {13'd0, number_q[19:1]};
            state_q   <= DIVIDE;
          end

        DIVIDE:
          if (enough) begin
            value_q   <= rest[31:0];
            inverse_q <= inverse_q + 16'd1;
          end else say(SAY_SET, PROMPT);

        // A sentence, character by character.
        CHAR_WAIT: state_q <= CHAR;

        CHAR: begin
          char_q        <= text_q >= "A" && text_q <= "Z" ? text_q | SPACE : text_q;
          {past_q, at_q} <= {past_q, at_q} + 9'd1;
          state_q       <= NEXT_WAIT;
        end

        NEXT_WAIT: state_q <= JUDGE;

        JUDGE:
          if (word_length_q != 6'd0 && (is_last || char_q == SPACE || (apart && !repeats))) find_word;
          else if (is_last) begin
            // No room for <eos>.
            if (count_q >= room) complain(SAY_SENTENCE);
            else begin
              add_token(EOS);
              begin_answer(Reads == 2);
              if (Reads == 2) phase_q <= HEAR;
            end
          end else begin
            before_q <= char_q;
            state_q  <= CHAR_WAIT;
            if (char_q != SPACE && !repeats) begin
              if (word_length_q == 6'h3f) word_long_q <= 1'b1;
              else begin
                text_write_q  <= 1'b1;
                text_to_q     <= {3'b100, word_length_q};
                text_data_q   <= char_q;
                word_length_q <= word_length_q + 6'd1;
              end
            end
          end

        // The word in the dictionary: left_q is its number.
        LOOK_WAIT: state_q <= LOOK;

        LOOK:
          if (Dictionary == 0) begin
            word_at_q <= 6'd1;
            read_number;
            if (text_q != "#" || word_long_q) bad_q <= 1'b1;
          end else begin
            rom_at_q <= rom_at_q + 1'b1;
            state_q  <= LOOK_WAIT;
            if (rom_q != 8'd0) begin
              if (same_q && word_at_q != word_length_q && text_q == rom_q) word_at_q <= word_at_q + 6'd1;
              else same_q <= 1'b0;
            end else if (same_q && word_at_q == word_length_q && !word_long_q) state_q <= STORE;
            else begin
              word_at_q <= 6'd0;
              same_q    <= left_q != 16'(Vocabulary - 1);
              left_q    <= left_q + 16'd1;
              if (left_q == 16'(Vocabulary - 1)) say(SAY_UNKNOWN, SPELL_WAIT);
            end
          end

        SPELL_WAIT: state_q <= SPELL;

        SPELL:
          if (word_at_q == word_length_q) say(SAY_NEWLINE, STORE);
          else if (clear) begin
            put(text_q);
            word_at_q <= word_at_q + 6'd1;
            state_q   <= SPELL_WAIT;
          end

        STORE: begin
          add_token(same_q ? left_q : UNK);
          word_length_q <= 6'd0;
          word_long_q   <= 1'b0;
          state_q       <= NEXT_WAIT;
        end

        // A job.
        JOB_BEGIN: begin
          busy_o        <= 1'b1;
          token_write_q <= 1'b1;
          token_to_q    <= {TokenBits{1'b0}};
          token_data_q  <= SOS;
          token_at_q    <= {TokenBits{1'b0}};
          step_q        <= 3'd0;
          wait_q        <= {WaitBits{1'b0}};
          {last_q, ended_q, printed_q, aborting_q, late_q} <= 5'd0;
          state_q       <= JOB_SET;
        end

        JOB_SET: begin
          step_q <= step_q + 3'd1;
          case (step_q)
            3'd0: write_register(JOB, {21'd0, fresh_q, sampled_q && writes, 6'd0, job}, JOB_SET);
            3'd1: write_register(SEED_LO, seed_q, JOB_SET);
            3'd2: write_register(INVERSE_TEMPERATURE, {16'd0, inverse_q}, JOB_SET);
            3'd3: write_register(MAX_TOKENS, MaxTokens, JOB_SET);
            3'd4: write_register(CONTROL, 32'd1, JOB_SET);
            default: begin
              fresh_q <= 1'b0;
              if (has_packet) state_q <= SEND_WAIT;
              else begin
                count_q <= {{(TokenBits-1){1'b0}}, 1'b1};
                state_q <= JOB_WAIT;
              end
            end
          endcase
        end

        SEND_WAIT: state_q <= SEND;

        SEND:
          if (m_axis_tready_i) begin
            token_at_q <= token_at_q + 1'b1;
            state_q    <= SEND_WAIT;
            if (m_axis_tlast_o) begin
              count_q <= {{(TokenBits-1){1'b0}}, 1'b1};
              state_q <= JOB_WAIT;
            end
          end

        JOB_WAIT: begin
          wait_q <= wait_q + 1'b1;
          if (s_axis_tvalid_i) begin
            wait_q  <= {WaitBits{1'b0}};
            last_q  <= s_axis_tlast_i;
            left_q  <= s_axis_tdata_i[15:0];
            // The beat that ends what was broken off is no word.
            state_q <= s_axis_tdata_i[31:16] == 16'd0 ? WORD : JOB_WAIT;
          end else if (wait_q[WaitBits-1] && aborting_q) complain(SAY_DEAD);
          else if ((wait_q[WaitBits-1] || abort_q) && !aborting_q) begin
            aborting_q <= 1'b1;
            late_q     <= !abort_q;
            abort_q    <= 1'b0;
            wait_q     <= {WaitBits{1'b0}};
            write_register(CONTROL, 32'd2, JOB_WAIT);
          end else read_register(STATUS, JOB_STATUS);
        end

        JOB_STATUS: begin
          status_q <= value_q[6:2];
          // DONE, and no more words of an ANSWER.
          if (value_q[1] && (!value_q[7] || last_q)) read_register(CYCLES, JOB_CYCLES);
          else state_q <= JOB_WAIT;
        end

        WORD: begin
          add_token(left_q);
          printed_q <= printed_q || is_shown;
          if (left_q == EOS) ended_q <= 1'b1;
          state_q <= !is_shown ? JOB_WAIT : printed_q ? WORD_SPACE : WORD_PRINT;
        end

        WORD_SPACE:
          if (clear) begin
            put(SPACE);
            state_q <= WORD_PRINT;
          end

        WORD_PRINT:
          if (Dictionary != 0) begin
            rom_at_q <= RomBits'(DictionaryAt);
            after_q  <= JOB_WAIT;
            state_q  <= PRINT_WAIT;
          end else if (clear) begin
            put("#");
            decimal({16'd0, left_q}, JOB_WAIT);
          end

        JOB_CYCLES: begin
          cycles_q <= cycles_q + value_q;
          state_q  <= JOB_END;
        end

        // STATUS: ABORTED is bit 6, ERR_LENGTH, ERR_TOKEN, ERR_JOB and ERR_Z are bits 2 to 5.
        JOB_END:
          if (phase_q == HEAR_ANSWER) state_q <= TELL;
          else if (status_q[4]) begin
            typed_read_q <= typed_write_q;
            complain(late_q ? SAY_LATE : SAY_ABORTED);
          end else if (status_q[0]) complain(SAY_LENGTH);
          else if (status_q[1]) complain(SAY_TOKEN);
          else if (status_q[2]) complain(SAY_JOB);
          else if (status_q[3]) complain(SAY_Z);
          else if (phase_q == HEAR) begin
            phase_q <= ANSWER;
            state_q <= JOB_BEGIN;
          end else begin
            say(SAY_NEWLINE, ANSWERED);
          end

        ANSWERED:
          if (Reads == 2) begin
            phase_q <= HEAR_ANSWER;
            state_q <= JOB_BEGIN;
          end else state_q <= TELL;

        // What it took.
        TELL:
          if (show_q) say(SAY_SEED, TELL_SEED);
          else state_q <= DONE;

        TELL_SEED: decimal(seed_q, TELL_COMMA);

        TELL_COMMA: say(SAY_CYCLES, TELL_CYCLES);

        TELL_CYCLES: decimal(cycles_q, TELL_CLOCK);

        TELL_CLOCK: say(SAY_CLOCK, DONE);

        DONE: begin
          seed_q  <= seed_q + 32'd1;
          state_q <= PROMPT;
        end

        // What others wait for.
        PRINT_WAIT: state_q <= PRINT;

        PRINT:
          if (left_q != 16'd0) begin
            rom_at_q <= rom_at_q + 1'b1;
            if (rom_q == 8'd0) left_q <= left_q - 16'd1;
            state_q <= PRINT_WAIT;
          end else if (rom_q == 8'd0) state_q <= after_q;
          else if (clear) begin
            put(rom_q);
            rom_at_q <= rom_at_q + 1'b1;
            state_q  <= PRINT_WAIT;
          end

        DIGIT:
          if (enough) begin
            value_q <= rest[31:0];
            tally_q <= tally_q + 4'd1;
          end else if (leading_q && tally_q == 4'd0 && digit_q != 4'd0) digit_q <= digit_q - 4'd1;
          else if (clear) begin
            put({4'h3, tally_q});
            tally_q   <= 4'd0;
            leading_q <= 1'b0;
            digit_q   <= digit_q - 4'd1;
            if (digit_q == 4'd0) state_q <= after_q;
          end

        BUS_WRITE: begin
          if (m_axil_awready_i) m_axil_awvalid_o <= 1'b0;
          if (m_axil_wready_i) m_axil_wvalid_o <= 1'b0;
          if (m_axil_bvalid_i) state_q <= after_q;
        end

        BUS_READ: begin
          if (m_axil_arready_i) m_axil_arvalid_o <= 1'b0;
          value_q <= m_axil_rdata_i;
          if (m_axil_rvalid_i) state_q <= after_q;
        end

        default: state_q <= RESET;
      endcase

      // The line is heard all the time.
      if (keep) typed_write_q <= typed_write_q + 9'd1;
      if (received_i && byte_i == ETX) abort_q <= 1'b1;
      if (received_i && byte_i != ETX && full) lost_q <= 1'b1;
      if (framing_i) framing_q <= 1'b1;
    end
  end
endmodule

`default_nettype wire
