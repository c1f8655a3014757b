namespace TunnelRpc.Gateway.Peers;

/// <summary>Raw HTTP in POST, with a Python script.</summary>
public sealed class RawHttpTests(RelayProcess relay) : DialectTests(relay)
{
    private protected override ProgramProcess Start(string name, int programs = 1) => Start(name, "--programs", $"{programs}");

    [Fact]
    public async Task Poll_that_got_no_request_is_repeated_in_its_session_and_gets_the_next_one()
    {
        string name = NewName();
        await using ProgramProcess program = await ServingAsync(Start(name, "--timeout", "1s500ms"), name);

        await program.ReadEventAsync("empty");

        (await Relay.Client.GetStringAsync(Relay.Address(name, "/text"))).ShouldStartWith("hello");
    }

    private ProgramProcess Start(string name, params string[] options) =>
        ProgramProcess.StartPython("raw_http.py", [$"{Relay.Root}/raw/{name}", .. options]);
}
