using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;

namespace TunnelRpc.Serialization;

// Decision: docs/adr/0089-less-generated-code.md
/// <summary>
/// The keys of the members of a type that is encoded as a map. Immutable and thread-safe. For generated code only.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class MemberKeys
{
    // The encoded key of each member: the header of the string and its bytes.
    private readonly byte[][] _encoded;

    // The keys without headers, in the same order.
    private readonly byte[][] _keys;

    // A hash table with open addressing: the index of a member plus 1; 0 for an empty entry. Its length is a power of 2, and at least half
    // of the entries are empty. Its contents come from the contract: a peer cannot cause collisions.
    private readonly int[] _table;
    private readonly int _maxLength;

    // For errors.
    private readonly string _type;
    private readonly string[] _names;

    /// <summary>Creates the keys of a type.</summary>
    /// <param name="type">The name of the type, for error messages.</param>
    /// <param name="keys">The keys, all different, in the order in which they are written.</param>
    public MemberKeys(string type, params string[] keys)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(keys);
        _type = type;
        _names = keys;
        _keys = Array.ConvertAll(keys, Encoding.UTF8.GetBytes);
        _encoded = Array.ConvertAll(_keys, Encode);
        _table = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(2 * keys.Length) + 1)];
        for (int i = 0; i < _keys.Length; i++)
        {
            _maxLength = Math.Max(_maxLength, _keys[i].Length);
            uint entry = Fnv1a.Compute(_keys[i]);
            while (EntryAt(entry) != 0)
            {
                entry++;
            }

            EntryAt(entry) = i + 1;
        }
    }

    /// <summary>Reads a key.</summary>
    /// <param name="reader">The reader, before the key.</param>
    /// <param name="next">
    /// The index of the member that is expected next, as peers write members in order; 0 before the first one. Updated by each call.
    /// </param>
    /// <returns>The index of the member; -1 if the type has no member with this key.</returns>
    /// <exception cref="MessagePackException">The next value is not a string.</exception>
    public int Read(ref MessagePackReader reader, ref int next)
    {
        byte[][] encoded = _encoded;
        int expected = next;
        if ((uint)expected < (uint)encoded.Length && reader.TryReadRaw(encoded[expected]))
        {
            next = expected + 1;
            return expected;
        }

        return Find(reader.ReadUtf8(), ref next);
    }

    /// <summary>Creates the error of a member that is null when it is written, and is not nullable.</summary>
    /// <param name="member">The index of the member.</param>
    public MessagePackException NullWritten(int member) => FormatterErrors.NullWritten(Describe(member));

    /// <summary>Checks a member that is not nullable before it is read.</summary>
    /// <param name="reader">The reader, before the value.</param>
    /// <param name="member">The index of the member.</param>
    /// <exception cref="MessagePackException">The value is nil.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ThrowIfNil(ref MessagePackReader reader, int member)
    {
        if (reader.TryReadNil())
        {
            ThrowNil(member, reader.Position);
        }
    }

    /// <summary>Checks a required member after an object was read.</summary>
    /// <param name="isPresent">Whether the received data contained the member.</param>
    /// <param name="member">The index of the member.</param>
    /// <param name="offset">Where the object starts.</param>
    /// <exception cref="MessagePackException">It did not.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ThrowIfMissing(bool isPresent, int member, int offset)
    {
        if (!isPresent)
        {
            ThrowMissing(member, offset);
        }
    }

    [DoesNotReturn]
    private void ThrowNil(int member, int offset) => throw FormatterErrors.NilRead(Describe(member), offset);

    [DoesNotReturn]
    private void ThrowMissing(int member, int offset) =>
        throw FormatterErrors.MissingMember(Describe(member), "." + _names[member], offset);

    private string Describe(int member) => $"{_type}.{_names[member]}";

    private int Find(ReadOnlySpan<byte> key, ref int next)
    {
        if (key.Length <= _maxLength)
        {
            for (uint entry = Fnv1a.Compute(key); EntryAt(entry) is > 0 and int found; entry++)
            {
                if (key.SequenceEqual(_keys[found - 1]))
                {
                    next = found;
                    return found - 1;
                }
            }
        }

        return -1;
    }

    private ref int EntryAt(uint hash) => ref _table[(int)(hash & (uint)(_table.Length - 1))];

    private static byte[] Encode(byte[] key)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>(key.Length + 5);
        var writer = new MessagePackWriter(output);
        writer.WriteUtf8(key);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
