using System.ComponentModel;

namespace Corpus.Inheritance.Library;

public class Customer(int id, string name)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public string? Email { get; set; }
}

public sealed record Pair<T1, T2>(T1 First, T2 Second);

public readonly struct Amount
{
    private readonly decimal _value;
    private readonly string? m_currency;

    public Amount(decimal value, string? currency)
    {
        _value = value;
        m_currency = currency;
    }

    public decimal Value => _value;

    public string? Currency => m_currency;
}

public sealed class Notified : INotifyPropertyChanged
{
    private readonly Lock _gate = new();
    private string _text = "";

    public event PropertyChangedEventHandler? PropertyChanged;

    private event Action? Changed;

    public string Text
    {
        get => _text;
        set
        {
            lock (_gate)
            {
                _text = value;
            }

            PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(nameof(Text)));
            Changed?.Invoke();
        }
    }

    public void Watch(Action watcher) => Changed += watcher;
}

public sealed class WithField
{
    public int A;

    private int b;

    public int B { get => b; set => b = value; }

    public string C { get; init; } = "";

    [TunnelIgnore]
    public int Ignored { get; }
}

public abstract record PersonBase(string Name)
{
    public virtual string? Nick { get; init; }
}

public abstract class Payment
{
    public int Cents { get; set; }
}

[TunnelUnion(3, typeof(LibraryCase))]
public abstract record LibraryUnion;

public sealed record LibraryCase(int A) : LibraryUnion;

public interface IBaseContract
{
    Task<Dictionary<string, Amount>> TotalsAsync(CancellationToken cancellationToken);
}
