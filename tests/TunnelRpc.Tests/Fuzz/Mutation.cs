namespace TunnelRpc.Tests.Fuzz;

/// <summary>Seeded mutations of recorded bytes: the same seed gives the same bytes.</summary>
internal static class Mutation
{
    /// <summary>Up to <paramref name="maxLength"/> random bytes.</summary>
    public static byte[] Random(Random random, int maxLength)
    {
        byte[] bytes = new byte[random.Next(maxLength + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Flips, sets, truncates, duplicates, removes or inserts a few bytes.</summary>
    public static byte[] Of(Random random, byte[] recorded)
    {
        var bytes = new List<byte>(recorded);
        for (int changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            int count = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0;
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, count));
                    break;
                case 5:
                    bytes.RemoveRange(at, count);
                    break;
                default:
                    bytes.InsertRange(at, Random(random, 8));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>The bytes in pieces of random sizes.</summary>
    public static IEnumerable<byte[]> Split(Random random, byte[] bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            int count = Math.Min(random.Next(1, random.Next(2) == 0 ? 4 : 2000), bytes.Length - at);
            yield return bytes[at..(at + count)];
            at += count;
        }
    }
}
