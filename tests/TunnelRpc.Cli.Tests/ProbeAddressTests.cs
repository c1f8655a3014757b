using System.Net;
using System.Text.Json;
using TunnelRpc.Cli.Probing;
using TunnelRpc.Client;
using TunnelRpc.Transports;

namespace TunnelRpc.Cli.Tests;

/// <summary>The addresses that an attempt tried, in the output of a probe.</summary>
public sealed class ProbeAddressTests
{
    private static readonly AddressAttempt Dead = new(
        IPEndPoint.Parse("[2001:db8::1]:443"), AddressOutcome.Abandoned, TimeSpan.FromMilliseconds(251));

    private static readonly AddressAttempt Live = new(
        IPEndPoint.Parse("192.0.2.1:443"), AddressOutcome.Connected, TimeSpan.FromMilliseconds(2));

    private static readonly AddressAttempt Broken = new(
        IPEndPoint.Parse("192.0.2.2:443"), AddressOutcome.Failed, TimeSpan.FromMilliseconds(3))
    {
        Error = "no buffer space",
    };

    [Fact]
    public void Text_lists_the_addresses_if_several_were_tried_and_one_connected()
    {
        ProbeText.FormatReason(Attempt("", Dead, Live)).ShouldBe(
            "[2001:db8::1]:443 was abandoned without a response after 251 ms, 192.0.2.1:443 connected after 2 ms");
        ProbeText.FormatReason(Attempt("answers are buffered.", Dead, Live)).ShouldBe(
            "answers are buffered. ([2001:db8::1]:443 was abandoned without a response after 251 ms, 192.0.2.1:443 connected after 2 ms)");
    }

    [Fact]
    public void Text_is_the_reason_if_one_address_was_tried_or_none_connected()
    {
        ProbeText.FormatReason(Attempt("slow.", Live)).ShouldBe("slow.");
        ProbeText.FormatReason(Attempt("none connected: see each.", Dead, Broken)).ShouldBe("none connected: see each.");
        ProbeText.FormatReason(Attempt("not tried.")).ShouldBe("not tried.");
    }

    [Fact]
    public void Json_has_each_address_with_its_outcome()
    {
        var report = new PathReport(new Uri("https://example.com/tunnel"), null, [Attempt("", Dead, Broken, Live)], TimeSpan.Zero);
        string text = JsonSerializer.Serialize(ProbeJson.From(new ProbeResult(report)), ProbeJsonContext.Default.ProbeJson);
        JsonElement addresses = JsonDocument.Parse(text).RootElement.GetProperty("attempts")[0].GetProperty("addresses");

        addresses.EnumerateArray().Select(a => (
            a.GetProperty("address").GetString(),
            a.GetProperty("outcome").GetString(),
            a.GetProperty("elapsedMs").GetDouble(),
            a.GetProperty("error").GetString())).ShouldBe(
            [
                ("[2001:db8::1]:443", "abandoned", 251, null),
                ("192.0.2.2:443", "failed", 3, "no buffer space"),
                ("192.0.2.1:443", "connected", 2, null),
            ]);
    }

    private static PathAttempt Attempt(string reason, params AddressAttempt[] addresses) =>
        new("upgrade", AttemptOutcome.Won, null, TimeSpan.FromMilliseconds(260), reason) { Addresses = addresses };
}
