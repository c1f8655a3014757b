using FsCheck;
using FsCheck.Fluent;

namespace TunnelRpc.Transports.Tests.Http1;

/// <summary>Generates mutations of valid bytes: up to four edits that change, remove, duplicate or insert bytes.</summary>
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
            int position = edits[edit + 1] % (bytes.Count + 1);
            byte value = (edits[edit + 2] % 4) switch
            {
                0 => (byte)'\r',
                1 => (byte)'\n',
                _ => (byte)(edits[edit + 2] / 4),
            };
            switch (edits[edit] % 4)
            {
                case 0 when position < bytes.Count:
                    bytes[position] = value;
                    break;
                case 1 when position < bytes.Count:
                    bytes.RemoveAt(position);
                    break;
                case 2:
                    bytes.InsertRange(position, bytes.GetRange(position, Math.Min(bytes.Count - position, value)));
                    break;
                default:
                    bytes.Insert(position, value);
                    break;
            }
        }

        return [.. bytes];
    }
}
