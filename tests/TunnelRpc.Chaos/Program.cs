using TunnelRpc.Chaos.Hosting;

namespace TunnelRpc.Chaos;

/// <summary>The server as its own process, for tests that kill it. dotnet test runs the tests themselves.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) => ServerProgram.RunAsync(arguments);
}
