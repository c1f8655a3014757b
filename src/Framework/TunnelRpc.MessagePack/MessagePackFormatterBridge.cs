using System.Buffers;
using System.ComponentModel;
using MessagePack.Formatters;
using TunnelRpc.Serialization;
using PackageReader = MessagePack.MessagePackReader;
using PackageWriter = MessagePack.MessagePackWriter;
using TunnelReader = TunnelRpc.Serialization.MessagePackReader;
using TunnelWriter = TunnelRpc.Serialization.MessagePackWriter;

namespace TunnelRpc.MessagePack;

// Decision: docs/adr/0087-messagepack-package.md
/// <summary>
/// Calls a formatter of MessagePack-CSharp. Generated code creates one for each formatter that <c>[MessagePackFormatter]</c> or
/// <see cref="TunnelFormatterAttribute"/> names.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The formatter gets options for untrusted data, whose resolver has the built-in formatters of the package.</item>
/// <item>It reads a copy of its value in a pooled buffer, so it must not keep a sequence that it got from the reader.</item>
/// <item>The nesting depth of the value is part of that of the message, and the limit of the message applies.</item>
/// <item>Null is passed to the formatter where the contract allows null. Otherwise it is an error.</item>
/// </list>
/// Thread-safe if the formatter is.
/// </remarks>
/// <typeparam name="T">The type of the values.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class MessagePackFormatterBridge<T> : ITunnelFormatter<T>
{
    private readonly IMessagePackFormatter<T> _inner;
    private readonly bool _allowsNull;

    /// <summary>Creates a formatter.</summary>
    /// <param name="inner">The formatter of the package. It reads and writes exactly one value.</param>
    /// <param name="allowsNull">Whether the contract allows null, which the formatter then reads and writes.</param>
    public MessagePackFormatterBridge(IMessagePackFormatter<T> inner, bool allowsNull = false)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
        _allowsNull = allowsNull;
    }

    /// <inheritdoc/>
    public void Write(ref TunnelWriter writer, T value)
    {
        if (value is null && !_allowsNull)
        {
            throw FormatterErrors.NullWritten(typeof(T).ToString());
        }

        // The writer of the package continues on the same output.
        writer.Flush();
        var package = new PackageWriter(writer.Output);
        int outer = BridgeDepth.Writing;
        BridgeDepth.Writing = writer.Depth;
        try
        {
            _inner.Serialize(ref package, value, BridgeOptions.Instance);
            package.Flush();
        }
        catch (Exception exception) when (exception is not MessagePackException)
        {
            throw new MessagePackException(
                $"Expected the formatter {_inner.GetType()} to write a value of {typeof(T)}, got {exception.GetType()}.", exception);
        }
        finally
        {
            BridgeDepth.Writing = outer;
        }
    }

    /// <inheritdoc/>
    public T Read(ref TunnelReader reader)
    {
        int start = reader.Position;
        ReadOnlySpan<byte> encoded = reader.ReadRaw();
        byte[] copy = ArrayPool<byte>.Shared.Rent(encoded.Length);
        try
        {
            encoded.CopyTo(copy);
            var package = new PackageReader(copy.AsMemory(0, encoded.Length)) { Depth = reader.Depth };
            T value = _inner.Deserialize(ref package, BridgeOptions.Instance);
            return (value is not null || _allowsNull) && package.End
                ? value
                : throw BridgeFailure.Create(
                    start, $"the formatter {_inner.GetType()} to read one whole value of {typeof(T)}", "null or a part of it");
        }
        catch (InsufficientExecutionStackException exception)
        {
            throw BridgeFailure.Create(
                start, $"a value that nests at most {MessagePackLimits.MaxDepth} levels deep", "a deeper one", exception);
        }
        catch (Exception exception) when (exception is not MessagePackException)
        {
            throw BridgeFailure.Create(
                start, $"the formatter {_inner.GetType()} to read a value of {typeof(T)}", exception.GetType().ToString(), exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}
