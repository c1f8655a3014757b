using System.Globalization;
using System.Text;

namespace TunnelRpc.Gateway.Tests.Smuggling;

/// <summary>
/// The length of a differential run: TUNNELRPC_SMUGGLING_SEED is the seed (1 by default), TUNNELRPC_SMUGGLING_COUNT the number of messages
/// of each kind (6,000 by default).
/// </summary>
internal static class SmugglingRun
{
    public static int Seed => Read("TUNNELRPC_SMUGGLING_SEED", 1);

    public static int Count => Read("TUNNELRPC_SMUGGLING_COUNT", 6_000);

    /// <summary>Bytes as text that can be pasted into a test.</summary>
    public static string Show(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        foreach (byte value in bytes.Length > 600 ? bytes[..600] : bytes)
        {
            text.Append(value switch
            {
                (byte)'\r' => "\\r",
                (byte)'\n' => "\\n",
                (byte)'"' => "\\\"",
                >= 0x20 and < 0x7F => ((char)value).ToString(),
                _ => $"\\u{value:x4}",
            });
        }

        return bytes.Length > 600 ? $"{text}… ({bytes.Length} bytes)" : text.ToString();
    }

    private static int Read(string variable, int standard)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value
            : standard;
}
