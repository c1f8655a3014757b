namespace TunnelRpc.Gateway.Peers;

/// <summary>The variant of the Comet queue as text, with a Python script.</summary>
public sealed class CometTextTests(RelayProcess relay) : DialectTests(relay)
{
    private protected override ProgramProcess Start(string name, int programs = 1) =>
        ProgramProcess.StartPython("comet.py", $"{Relay.Root}/comet/{name}", "--text", "--programs", $"{programs}");
}
