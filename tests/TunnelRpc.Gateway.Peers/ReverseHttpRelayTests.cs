using System.Net;
using System.Text.Json;

namespace TunnelRpc.Gateway.Peers;

/// <summary>The ReverseHttp relay, with a Python script that behaves as the original clients do.</summary>
public sealed class ReverseHttpRelayTests(RelayProcess relay) : DialectTests(relay)
{
    private protected override ProgramProcess Start(string name, int programs = 1) =>
        Start(name, "--lease", "30", "--programs", $"{programs}");

    [Fact]
    public async Task Registration_has_the_public_and_the_private_url()
    {
        string name = NewName();
        await using ProgramProcess program = Start(name, "--lease", "30");

        JsonElement registered = await program.ReadEventAsync("registered");

        registered.GetProperty("status").GetInt32().ShouldBe(201);
        registered.GetProperty("private").GetString().ShouldBe($"{Relay.Root}/reversehttp/{name}/secret");
        string address = registered.GetProperty("public").GetString()!;
        (await Relay.Client.GetStringAsync(address.TrimEnd('/') + "/text")).ShouldStartWith("hello");
    }

    [Fact]
    public async Task Program_that_pauses_for_2_s_after_each_poll_loses_no_request()
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name, "--gap", "2"), name);

        // The second and third one arrive in a gap.
        string[] received = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => Relay.Client.GetStringAsync(Relay.Address(name, "/text"))));

        received.ShouldAllBe(text => text.StartsWith("hello", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Url_that_was_answered_204_is_polled_again_and_gets_the_next_request()
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name, "--gap", "2"), name);

        JsonElement empty = await program.ReadEventAsync("empty");

        // The script is in its gap, and then repeats the same URL.
        empty.GetProperty("same").GetBoolean().ShouldBeTrue();
        (await Relay.Client.GetStringAsync(Relay.Address(name, "/text"))).ShouldStartWith("hello");
    }

    [Fact]
    public async Task Deletion_ends_the_polls_and_frees_the_name()
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name, "--programs", "2"), name);
        await program.ReadEventAsync("registered");
        string address = (await program.ReadEventAsync("registered")).GetProperty("private").GetString()!;

        using HttpResponseMessage deleted = await Relay.Client.DeleteAsync(address);
        using HttpResponseMessage again = await Relay.Client.DeleteAsync(address);

        (deleted.StatusCode, again.StatusCode).ShouldBe((HttpStatusCode.NoContent, HttpStatusCode.NotFound));
        for (int ended = 0; ended < 2; ended++)
        {
            // A program that polls at this moment for the first time gets 404.
            (await program.ReadEventAsync("ended")).GetProperty("status").GetInt32().ShouldBeOneOf(404, 410);
        }

        (await program.EndAsync()).ExitCode.ShouldBe(0);
        using HttpResponseMessage response = await Relay.Client.GetAsync(Relay.Address(name, "/text"));
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Response_above_the_limit_is_413_for_the_program_and_502_for_the_client()
    {
        await using ProgramProcess program = await StartServingAsync(NewName(), out string name);

        using HttpResponseMessage response = await Relay.Client.GetAsync(Relay.Address(name, "/bytes?count=5000000"));

        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await program.ReadEventAsync("refused")).GetProperty("status").GetInt32().ShouldBe(413);
        (await Relay.Client.GetStringAsync(Relay.Address(name, "/text"))).ShouldStartWith("hello");
    }

    private ProgramProcess Start(string name, params string[] options) =>
        ProgramProcess.StartPython("reverse_http.py", [$"{Relay.Root}/reversehttp", name, "secret", .. options]);
}
