namespace TunnelRpc.Cli;

/// <summary>The entry point of the process.</summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) => CommandLine.RunAsync(arguments, Console.Out, Console.Error);
}
