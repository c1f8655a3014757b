using System.Runtime.CompilerServices;
using System.Text;

namespace Fleet.Agents;

/// <summary>Follows a text file that grows.</summary>
internal sealed class LogTail(string path, TimeSpan interval, TimeProvider time)
{
    /// <summary>A longer line is split.</summary>
    private const int MaxLine = 16 << 10;

    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _line = new();

    /// <summary>
    /// The last <paramref name="last"/> complete lines, then each further one. The file is open until the enumeration is disposed.
    /// </summary>
    public async IAsyncEnumerable<string> FollowAsync(int last, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // FileShare lets the writer of the log continue to write, rename and delete it.
        await using var file =
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous);
        using var reader = new StreamReader(file);
        using var timer = new PeriodicTimer(interval, time);

        var recent = new Queue<string>();
        var fresh = new List<string>();
        while (await ReadAsync(reader, fresh, cancellationToken))
        {
            foreach (string line in fresh)
            {
                recent.Enqueue(line);
                if (recent.Count > last)
                {
                    recent.Dequeue();
                }
            }
        }

        foreach (string line in recent)
        {
            yield return line;
        }

        while (true)
        {
            while (await ReadAsync(reader, fresh, cancellationToken))
            {
                foreach (string line in fresh)
                {
                    yield return line;
                }
            }

            if (file.Length < file.Position)
            {
                // The file was truncated: all of its content is new.
                file.Position = 0;
                reader.DiscardBufferedData();
                _line.Clear();
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Reads more bytes; false at the current end of the file.</summary>
    private async Task<bool> ReadAsync(StreamReader reader, List<string> lines, CancellationToken cancellationToken)
    {
        lines.Clear();
        int read = await reader.ReadAsync(_buffer, cancellationToken);
        foreach (char c in _buffer.AsSpan(0, read))
        {
            if (c != '\n')
            {
                _line.Append(c);
            }

            if (c == '\n' || _line.Length >= MaxLine)
            {
                lines.Add(_line.ToString().TrimEnd('\r'));
                _line.Clear();
            }
        }

        return read > 0;
    }
}
