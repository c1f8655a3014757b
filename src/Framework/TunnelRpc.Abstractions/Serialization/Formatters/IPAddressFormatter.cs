using System.ComponentModel;
using System.Net;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>Formats an <see cref="IPAddress"/> as text: <c>10.0.0.1</c>, <c>fe80::1%3</c>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class IPAddressFormatter : ITunnelFormatter<IPAddress>
{
    /// <summary>The shared instance.</summary>
    public static readonly IPAddressFormatter Instance = new();

    private IPAddressFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, IPAddress value)
    {
        if (value is null)
        {
            WriteFailure.ThrowNull(typeof(IPAddress));
        }

        Span<byte> text = stackalloc byte[MessagePackLimits.MaxNumberTextBytes];
        value.TryFormat(text, out int length);
        writer.WriteUtf8(text[..length]);
    }

    /// <inheritdoc/>
    public IPAddress Read(ref MessagePackReader reader)
    {
        ReadFailure.ThrowIfNil(ref reader, typeof(IPAddress));
        const string Expected = "an IPAddress as text";
        int start = reader.Position;
        if (!IPAddress.TryParse(NumberText.Read(ref reader, Expected), out IPAddress? value))
        {
            ReadFailure.ThrowMalformed(Expected, start);
        }

        return value!;
    }
}
