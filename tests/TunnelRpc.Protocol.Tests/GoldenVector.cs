using System.Text.RegularExpressions;

namespace TunnelRpc.Protocol.Tests;

/// <summary>One golden block of docs/protocol.md: its name, its bytes and their meaning.</summary>
internal sealed partial record GoldenVector(string Name, byte[] Bytes, string Meaning)
{
    public static string Page { get; } = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "protocol.md"));

    public static IReadOnlyDictionary<string, GoldenVector> All { get; } = Read();

    private static Dictionary<string, GoldenVector> Read()
    {
        return Block().Matches(Page).ToDictionary(
            m => m.Groups["name"].Value,
            m => new GoldenVector(m.Groups["name"].Value, Convert.FromHexString(m.Groups["hex"].Value), m.Groups["meaning"].Value));
    }

    [GeneratedRegex(@"^```golden (?<name>\S+)\n(?<hex>[0-9a-f]*)\n(?<meaning>.*)\n```$", RegexOptions.Multiline)]
    private static partial Regex Block();
}
