using System.Buffers.Binary;
using TunnelRpc.Multiplexing;
using TunnelRpc.Sessions;
using TunnelRpc.Tests.Fuzz;

namespace TunnelRpc.Calls.Tests.Fuzz;

/// <summary>
/// Seeded mutations of recorded traffic: wrong values in well-formed frames; dropped, duplicated and reordered frames; extra records;
/// corrupt bytes.
/// </summary>
internal static class TrafficMutation
{
    public static byte[] Of(Random random, IReadOnlyList<RecordedFrame> recorded)
    {
        List<RecordedFrame> frames = [.. recorded];
        for (int changes = random.Next(1, 5); changes > 0 && frames.Count > 0; changes--)
        {
            Change(random, frames);
        }

        List<byte[]> records = [.. frames.Select(frame => frame.ToRecord())];
        if (random.Next(3) == 0)
        {
            records.Insert(random.Next(records.Count + 1), Extra(random));
        }

        if (records.Count > 0 && random.Next(4) == 0)
        {
            int at = random.Next(records.Count);
            records[at] = Mutation.Of(random, records[at]);
        }

        return [.. records.SelectMany(record => record)];
    }

    private static void Change(Random random, List<RecordedFrame> frames)
    {
        int at = random.Next(frames.Count);
        RecordedFrame frame = frames[at];
        switch (random.Next(13))
        {
            case 0:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(random.Next(frames.Count + 1), frame);
                break;
            case 2:
                int other = random.Next(frames.Count);
                (frames[at], frames[other]) = (frames[other], frame);
                break;
            case 3:
                frames.RemoveRange(at, random.Next(frames.Count - at));
                break;
            case 4:
                frames[at] = frame with { Type = (FrameType)random.Next(16) };
                break;
            case 5:
                frames[at] = frame with { Flags = (FrameFlags)(byte)(random.Next(16) << 4) };
                break;
            case 6:
                frames[at] = frame with { Stream = random.Next(4) == 0 ? (ulong)random.NextInt64(1L << 62) : (ulong)random.Next(80) };
                break;
            case 7:
                // A reference that is retained, released or refused, whether it was passed or not, and twice in a row.
                byte kind = (byte)(random.Next(8) == 0 ? random.Next(256) : random.Next(1, 4));
                RecordedFrame reference = new(FrameType.Reference, FrameFlags.None, (ulong)random.Next(1, 80), [kind]);
                frames.InsertRange(at, random.Next(2) == 0 ? [reference] : [reference, reference]);
                break;
            case 8:
                frames.Insert(at, new RecordedFrame(FrameType.Cancel, FrameFlags.None, frame.Stream, [(byte)random.Next(20)]));
                break;
            case 9:
                // The same reference in another state: kept, released, refused.
                int[] references = [.. Enumerable.Range(0, frames.Count).Where(i => frames[i].Type == FrameType.Reference)];
                if (references.Length > 0)
                {
                    int found = references[random.Next(references.Length)];
                    frames[found] = frames[found] with { Body = [(byte)random.Next(5)] };
                }

                break;
            default:
                frames[at] = frame with { Body = Mutation.Of(random, frame.Body) };
                break;
        }
    }

    private static byte[] Extra(Random random)
    {
        byte[] payload = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(payload, random.Next(2) == 0
            ? (ulong)random.Next(100_000)
            : ulong.MaxValue - (ulong)random.Next(3));
        byte[] record = new byte[Sessions.RecordHeader.Size + payload.Length];
        RecordType[] types =
            [RecordType.Ack, RecordType.Ping, RecordType.Pong, RecordType.Start, RecordType.Pad, RecordType.Close, RecordType.Hello];
        Sessions.RecordHeader.Write(record, types[random.Next(types.Length)], payload.Length);
        payload.CopyTo(record.AsSpan(Sessions.RecordHeader.Size));
        return record;
    }
}
