using System.Buffers.Binary;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>A ledger in a file, which outlives the process that writes it: each record is one write at its end. Thread-safe.</summary>
internal sealed class Journal : ILedger, IDisposable
{
    private const int RecordSize = sizeof(long);

    private readonly Lock _gate = new();

    // Guarded by _gate. Not buffered: what is written is the system's.
    private readonly FileStream _file;

    public Journal(string path) => _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    public void Record(long number, bool isIdempotent)
    {
        Span<byte> record = stackalloc byte[RecordSize];
        BinaryPrimitives.WriteInt64BigEndian(record, number);
        lock (_gate)
        {
            _file.Write(record);
        }
    }

    /// <summary>How often each number ran; of numbers that did not, none.</summary>
    public static Dictionary<long, int> Read(string path)
    {
        var runs = new Dictionary<long, int>();
        byte[] records = File.ReadAllBytes(path);
        for (int at = 0; at + RecordSize <= records.Length; at += RecordSize)
        {
            long number = BinaryPrimitives.ReadInt64BigEndian(records.AsSpan(at));
            runs[number] = runs.GetValueOrDefault(number) + 1;
        }

        return runs;
    }

    public void Dispose() => _file.Dispose();
}
