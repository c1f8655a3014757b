using System.Net;
using System.Text;

namespace TunnelRpc.Gateway.Peers;

/// <summary>Claims by PTTH, with a Python script that has only a socket.</summary>
public sealed class PtthTests(RelayProcess relay) : DialectTests(relay)
{
    private protected override ProgramProcess Start(string name, int programs = 1) => Start(name, "--programs", $"{programs}");

    [Theory]
    [InlineData("--token", "PTTH/0.9")]
    [InlineData("--token", "ptth")]
    [InlineData("--without-connection")]
    [InlineData("--without-connection", "--token", "PTTH/0.9")]
    [InlineData("--chunked")]
    public async Task Variant_of_the_claim_or_of_the_response_works(params string[] options)
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name, options), name);

        byte[] received = await Relay.Client.GetByteArrayAsync(Relay.Address(name, "/bytes?count=30000"));

        received.AsSpan().SequenceEqual(Pattern(30_000)).ShouldBeTrue();
    }

    [Fact]
    public async Task Program_of_HTTP_1_0_connects_again_after_each_response()
    {
        const int Requests = 50;
        string name = NewName();
        await using ProgramProcess program = Start(name, "--http10");
        await program.ReadEventAsync("claimed");

        for (int request = 0; request < Requests; request++)
        {
            using HttpResponseMessage response = await Relay.Client.GetAsync(Relay.Address(name, "/bytes?count=30000"));
            byte[] received = await response.Content.ReadAsByteArrayAsync();
            response.StatusCode.ShouldBe(HttpStatusCode.OK, $"request {request}: {Encoding.UTF8.GetString(received)}");
            received.AsSpan().SequenceEqual(Pattern(30_000)).ShouldBeTrue();

            // The name is free until the program has connected again.
            await program.ReadEventAsync("claimed");
        }
    }

    [Fact]
    public async Task Response_of_20_MB_is_streamed()
    {
        const int Length = 20_000_000;
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        byte[] received = await Relay.Client.GetByteArrayAsync(Relay.Address(name, $"/bytes?count={Length}"));

        received.AsSpan().SequenceEqual(Pattern(Length)).ShouldBeTrue();
    }

    private ProgramProcess Start(string name, params string[] options)
    {
        var root = new Uri(Relay.Root);
        return ProgramProcess.StartPython("ptth.py", [root.Host, $"{root.Port}", $"/ptth/{name}", .. options]);
    }
}
