using FsCheck;
using FsCheck.Fluent;

namespace TunnelRpc.Transports.Tests.Http1;

/// <summary>Valid bytes with a few changed, removed, doubled or added ones.</summary>
internal static class Mutations
{
    public static Gen<byte[]> Of(byte[] valid)
        => from count in Gen.Choose(0, 4)
           from edits in Gen.Choose(0, int.MaxValue - 1).ArrayOf(3 * count)
           select Apply(valid, edits);

    private static byte[] Apply(byte[] valid, int[] edits)
    {
        List<byte> bytes = [.. valid];
        for (int edit = 0; edit < edits.Length; edit += 3)
        {
            int at = edits[edit + 1] % (bytes.Count + 1);
            byte value = (edits[edit + 2] % 4) switch
            {
                0 => (byte)'\r',
                1 => (byte)'\n',
                _ => (byte)(edits[edit + 2] / 4),
            };
            switch (edits[edit] % 4)
            {
                case 0 when at < bytes.Count:
                    bytes[at] = value;
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, value)));
                    break;
                default:
                    bytes.Insert(at, value);
                    break;
            }
        }

        return [.. bytes];
    }
}
