using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

// Decision: docs/adr/0082-paths-in-codec-errors.md
/// <summary>
/// Finds the path of a value in encoded data, as <c>request.Items[3].Name</c>, for errors of encoding and decoding. Works on incomplete
/// data, up to where it was written. The time is linear in the number of bytes before the value. Stateless.
/// </summary>
internal static class ValuePath
{
    // A path ends with an ellipsis where it is longer.
    private const int MaxLength = 200;
    private const int MaxKeyLength = 40;

    // Beyond this offset the search is not worth its time: the data may be an attacker's.
    private const int MaxSearchedBytes = 1 << 20;

    /// <summary>Returns the exception of decoding with the path of the value that it concerns; the same one if it has no offset.</summary>
    /// <param name="error">The exception of the codec.</param>
    /// <param name="data">The data that was decoded.</param>
    /// <param name="arguments">The names of the arguments if the data is an array of them; otherwise null.</param>
    /// <param name="start">Where in the data the outermost value starts.</param>
    public static MessagePackException AddTo(
        MessagePackException error, ReadOnlySpan<byte> data, IReadOnlyList<string>? arguments = null, int start = 0) =>
        error.Offset is { } offset && offset >= start ? Locate(error, data[start..], offset - start, arguments) : error;

    /// <summary>Returns the exception of encoding with the path of the value that would have been written next.</summary>
    /// <param name="error">The exception of the codec.</param>
    /// <param name="written">What was written before.</param>
    /// <param name="arguments">The names of the arguments if the data is an array of them; otherwise null.</param>
    public static MessagePackException AddToWritten(
        MessagePackException error, ReadOnlySpan<byte> written, IReadOnlyList<string>? arguments = null) =>
        Locate(error, written, written.Length, arguments);

    /// <summary>Returns the path of the value at an offset; an empty string for the whole data.</summary>
    /// <param name="data">The encoded value.</param>
    /// <param name="target">The offset of a value inside of it, or of a byte of it.</param>
    /// <param name="arguments">The names of the arguments if the data is an array of them; otherwise null.</param>
    public static string Find(ReadOnlySpan<byte> data, int target, IReadOnlyList<string>? arguments = null)
    {
        Stack<Container> open = new();
        int position = 0;
        while (position < target && position < data.Length && open.Count <= MessagePackLimits.MaxDepth)
        {
            MessagePackType type = MessagePackCode.TypeOf(data[position]);
            bool isContainer = type is MessagePackType.Array or MessagePackType.Map;
            if (!isContainer)
            {
                int length = MeasureScalar(data[position..]);
                if (length > target - position)
                {
                    break;
                }

                if (open.TryPeek(out Container? parent))
                {
                    parent.KeyStart = position;
                }

                position += length;
            }
            else if (!TryReadHeader(data[position..], type, out long count, out int headerLength))
            {
                break;
            }
            else
            {
                position += headerLength;
                open.Push(new Container(type == MessagePackType.Map, type == MessagePackType.Map ? 2 * count : count));
            }

            // Close what has just been completed: this value, and the containers of which it is the last one.
            bool isComplete = !isContainer;
            while (open.TryPeek(out Container? container))
            {
                container.Read += isComplete ? 1 : 0;
                isComplete = container.Read >= container.Count;
                if (!isComplete)
                {
                    break;
                }

                open.Pop();
            }

            if (open.Count == 0)
            {
                break;
            }
        }

        return Format(data, [.. open.Reverse()], arguments);
    }

    private static MessagePackException Locate(
        MessagePackException error, ReadOnlySpan<byte> data, int target, IReadOnlyList<string>? arguments)
    {
        string path = target <= MaxSearchedBytes ? (Find(data, target, arguments) + error.Member).TrimStart('.') : "";
        return path.Length == 0 ? error : new MessagePackException($"{path}: {error.Message}", error.InnerException ?? error)
        {
            IsOfApplication = error.IsOfApplication,
        };
    }

    private static string Format(ReadOnlySpan<byte> data, Container[] containers, IReadOnlyList<string>? arguments)
    {
        var path = new StringBuilder();
        for (int i = 0; i < containers.Length && path.Length <= MaxLength; i++)
        {
            Container container = containers[i];
            if (!container.IsMap)
            {
                path.Append(i == 0 && arguments is not null && container.Read < arguments.Count
                    ? arguments[(int)container.Read]
                    : string.Create(CultureInfo.InvariantCulture, $"[{container.Read}]"));
            }
            else if (container.Read % 2 == 0)
            {
                path.Append(CultureInfo.InvariantCulture, $"(key {container.Read / 2})");
            }
            else
            {
                AppendKey(path, data[container.KeyStart..]);
            }
        }

        return path.Length <= MaxLength ? path.ToString() : path.ToString(0, MaxLength) + "…";
    }

    private static void AppendKey(StringBuilder path, ReadOnlySpan<byte> data)
    {
        var reader = new MessagePackReader(data);
        string key = "";
        try
        {
            key = reader.NextType == MessagePackType.String ? reader.ReadString()
                : reader.NextType == MessagePackType.Integer ? reader.ReadInt64().ToString(CultureInfo.InvariantCulture)
                : "";
        }
        catch (MessagePackException)
        {
            // The key is not valid text. The path says only that there is one.
        }

        if (key.Length > 0 && key.Length <= MaxKeyLength && !char.IsAsciiDigit(key[0])
            && key.All(c => char.IsLetterOrDigit(c) || c == '_'))
        {
            path.Append(path.Length > 0 ? "." : "").Append(key);
        }
        else
        {
            path.Append(CultureInfo.InvariantCulture, $"[\"{ForeignText.Escape(key, MaxKeyLength)}\"]");
        }
    }

    /// <summary>The length of a value that is no container; more than the data has if it is incomplete or malformed.</summary>
    private static int MeasureScalar(ReadOnlySpan<byte> data)
    {
        var reader = new MessagePackReader(data);
        try
        {
            reader.Skip();
            return reader.Position;
        }
        catch (MessagePackException)
        {
            return int.MaxValue;
        }
    }

    // Unlike the reader, it accepts a count of more elements than there are bytes: the data may be incomplete.
    private static bool TryReadHeader(ReadOnlySpan<byte> data, MessagePackType type, out long count, out int length)
    {
        byte code = data[0];
        bool is16 = code is MessagePackCode.Array16 or MessagePackCode.Map16;
        bool is32 = code is MessagePackCode.Array32 or MessagePackCode.Map32;
        length = is16 ? 3 : is32 ? 5 : 1;
        if (data.Length < length)
        {
            count = 0;
            return false;
        }

        count = is16 ? BinaryPrimitives.ReadUInt16BigEndian(data[1..])
            : is32 ? BinaryPrimitives.ReadUInt32BigEndian(data[1..])
            : code - (type == MessagePackType.Map ? MessagePackCode.FixMap : MessagePackCode.FixArray);
        return true;
    }

    /// <summary>An array or map whose values are being read.</summary>
    private sealed class Container(bool isMap, long count)
    {
        public bool IsMap => isMap;

        /// <summary>The number of its values; for a map of its keys and values.</summary>
        public long Count => count;

        /// <summary>The values that were read completely.</summary>
        public long Read { get; set; }

        /// <summary>The offset of the last scalar that was read: in a map, of the key of the value that is read now.</summary>
        public int KeyStart { get; set; }
    }
}
