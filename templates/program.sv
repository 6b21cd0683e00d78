// SPDX-License-Identifier: Apache-2.0
// {{ banner }}
// What every job does: its rows, as hvae_job_seq executes them (its header says what the fields mean).
//
// Groups of stages that start together:
{% for line in groups %}//   {{ line }}
{% endfor -%}
`default_nettype none

module hvae_program (
    input  wire [2:0]  job_i,
    output reg         known_o,   // there is such a job
    output reg  [1:0]  packet_o,  // what it takes: 0 nothing, 1 z, 2 tokens or frames, 3 tokens, two at least
    output reg  [{{ pc_bits - 1 }}:0]  entry_o,   // its first row
    input  wire [{{ pc_bits - 1 }}:0]  pc_i,
    output reg  [{{ row_bits - 1 }}:0] row_o
);
{%- for code in codes %}
  localparam {% if code.bits > 1 %}[{{ code.bits - 1 }}:0]{% else %}     {% endif %} {{ "{:<13}"|format(code.name) }} = {{ code.bits }}'d{{ code.value }};
{%- endfor %}

  always @*
    case (job_i)
{%- for job in jobs %}
      3'd{{ job.number }}:    {known_o, packet_o, entry_o} = {1'b1, {{ "{:<14}"|format("{},"|format(job.packet)) }} {{ pc_bits }}'d{{ "{:<4}"|format("{}}};"|format(job.entry)) }}  // {{ job.name }}
{%- endfor %}
      default: {known_o, packet_o, entry_o} = {1'b0, PACKET_TOKENS, {{ pc_bits }}'d0};
    endcase

  always @*
    case (pc_i)
      //                last  sends       draw       back  count    wave  depths first
{%- for row in rows %}
{%- if let Some(job) = row.job %}
      // {{ job }}
{%- endif %}
      {{ pc_bits }}'d{{ "{:<4}"|format("{}:"|format(row.pc)) }}  row_o = { {{- row.last }}, {{ "{:<11}"|format("{},"|format(row.sends)) }} {{ "{:<10}"|format("{},"|format(row.draw)) }} 1'b{{ row.backwards }}, {{ "{:<8}"|format("{},"|format(row.count)) }} 1'b{{ row.wave }}, 4'd{{ row.depths }}, 5'd{{ "{:<4}"|format("{}}};"|format(row.first)) }}  // {{ row.says }}
{%- endfor %}
      default: row_o = {{ row_bits }}'d0;
    endcase
endmodule

`default_nettype wire
