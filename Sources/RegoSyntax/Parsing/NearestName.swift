/// Whether a word is one slip away from another: a letter too many, too few, wrong, or two
/// letters swapped.
package func isNear(_ word: String, _ other: String) -> Bool {
    let left = Array(word.utf8)
    let right = Array(other.utf8)
    guard left != right, right.count > 2, abs(left.count - right.count) <= 1 else { return false }
    var start = 0
    while start < min(left.count, right.count), left[start] == right[start] { start += 1 }
    var end = 0
    while end < min(left.count, right.count) - start,
        left[left.count - 1 - end] == right[right.count - 1 - end]
    { end += 1 }
    let restOfLeft = left[start..<left.count - end]
    let restOfRight = right[start..<right.count - end]
    if restOfLeft.count <= 1, restOfRight.count <= 1 { return true }
    return restOfLeft.count == 2 && restOfRight.count == 2
        && restOfLeft.elementsEqual(restOfRight.reversed())
}
