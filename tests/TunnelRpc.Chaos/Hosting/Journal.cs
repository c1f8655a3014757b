using System.Buffers.Binary;
using TunnelRpc.Chaos.Contract;

namespace TunnelRpc.Chaos.Hosting;

/// <summary>
/// A ledger in a file that outlives the process that writes it. Each record is one write at the end of the file. Thread-safe.
/// </summary>
internal sealed class Journal : ILedger, IDisposable
{
    private const int RecordSize = sizeof(long);

    private readonly Lock _gate = new();

    // Guarded by _gate. Unbuffered, so that every written record survives the kill of the process.
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

    /// <summary>Returns the number of runs of each call number; numbers without a run are absent.</summary>
    public static Dictionary<long, int> Read(string path)
    {
        var runs = new Dictionary<long, int>();
        byte[] records = File.ReadAllBytes(path);
        for (int offset = 0; offset + RecordSize <= records.Length; offset += RecordSize)
        {
            long number = BinaryPrimitives.ReadInt64BigEndian(records.AsSpan(offset));
            runs[number] = runs.GetValueOrDefault(number) + 1;
        }

        return runs;
    }

    public void Dispose() => _file.Dispose();
}
