using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace TunnelRpc.Gateway.Polling;

/// <summary>
/// Values under random ids that are their own proof: a caller that knows an id may use its value. The time of a look-up does not depend
/// on how much of a guess is right. Not thread-safe: the owner's lock guards it.
/// </summary>
internal sealed class SecretTable<TValue>
    where TValue : class
{
    private const int IdBytes = 32;

    // Keyed by 64 bits of the id's digest. The timing of the dictionary depends on digests only, which do not lead to an id.
    private readonly Dictionary<long, (byte[] Digest, TValue Value)> _values = [];

    /// <summary>The number of values.</summary>
    public int Count => _values.Count;

    /// <summary>All values, in no order. Do not change the table while they are enumerated.</summary>
    public IEnumerable<TValue> Values => _values.Values.Select(entry => entry.Value);

    /// <summary>Adds a value under a new id of 256 random bits, in 43 characters of base64url.</summary>
    public string Add(TValue value)
    {
        while (true)
        {
            string id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(IdBytes));
            byte[] digest = SHA256.HashData(Encoding.ASCII.GetBytes(id));
            if (_values.TryAdd(BitConverter.ToInt64(digest), (digest, value)))
            {
                return id;
            }
        }
    }

    /// <summary>Finds the value of an id.</summary>
    public bool TryGet(string? id, [NotNullWhen(true)] out TValue? value)
    {
        value = null;
        if (id is null)
        {
            return false;
        }

        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes(id));
        if (!_values.TryGetValue(BitConverter.ToInt64(digest), out (byte[] Digest, TValue Value) entry)
            || !CryptographicOperations.FixedTimeEquals(digest, entry.Digest))
        {
            return false;
        }

        value = entry.Value;
        return true;
    }

    /// <summary>Removes an id. No effect when it is unknown.</summary>
    public void Remove(string id) => _values.Remove(BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id))));
}
