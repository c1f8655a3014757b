using System.ComponentModel;
using System.Numerics;

namespace TunnelRpc.Serialization.Formatters;

/// <summary>
/// Formats a <see cref="BigInteger"/> as binary data: two's complement, least significant byte first, at most
/// <see cref="MessagePackLimits.MaxBigIntegerBytes"/> bytes.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class BigIntegerFormatter : ITunnelFormatter<BigInteger>
{
    /// <summary>The shared instance.</summary>
    public static readonly BigIntegerFormatter Instance = new();

    private BigIntegerFormatter()
    {
    }

    /// <inheritdoc/>
    public void Write(ref MessagePackWriter writer, BigInteger value)
    {
        int length = value.GetByteCount();
        if (length > MessagePackLimits.MaxBigIntegerBytes)
        {
            WriteFailure.ThrowTooLong("a BigInteger", MessagePackLimits.MaxBigIntegerBytes, length);
        }

        Span<byte> bytes = stackalloc byte[MessagePackLimits.MaxBigIntegerBytes];
        value.TryWriteBytes(bytes, out length);
        writer.WriteBinary(bytes[..length]);
    }

    /// <inheritdoc/>
    public BigInteger Read(ref MessagePackReader reader)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> bytes = reader.ReadBinary();
        if (bytes.Length > MessagePackLimits.MaxBigIntegerBytes)
        {
            ReadFailure.ThrowOutOfRange(
                $"a BigInteger of at most {MessagePackLimits.MaxBigIntegerBytes} bytes", $"{bytes.Length} bytes", start);
        }

        return new BigInteger(bytes);
    }
}
