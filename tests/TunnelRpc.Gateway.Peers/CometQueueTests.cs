using System.Net;

namespace TunnelRpc.Gateway.Peers;

/// <summary>The Comet queue, with a Python script that reads and writes JSON.</summary>
public sealed class CometQueueTests(RelayProcess relay) : DialectTests(relay)
{
    private protected override ProgramProcess Start(string name, int programs = 1) => Start(name, "--programs", $"{programs}");

    [Fact]
    public async Task Poll_that_got_an_empty_object_is_repeated_and_gets_the_next_request()
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name), name);

        await program.ReadEventAsync("empty");

        (await Relay.Client.GetStringAsync(Relay.Address(name, "/text"))).ShouldStartWith("hello");
    }

    [Fact]
    public async Task Answers_in_single_quotes_are_read()
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name, "--single-quotes"), name);
        const string Quotes = "it's \"quoted\" \\ and 'single'\n";

        using HttpResponseMessage response = await Relay.Client.PostAsync(Relay.Address(name, "/echo"), new StringContent(Quotes));
        using HttpResponseMessage made = await Relay.Client.PutAsync(Relay.Address(name, "/item"), null);

        (await response.Content.ReadAsStringAsync()).ShouldBe(Quotes);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private ProgramProcess Start(string name, params string[] options) =>
        ProgramProcess.StartPython("comet.py", [$"{Relay.Root}/comet/{name}", .. options]);
}
